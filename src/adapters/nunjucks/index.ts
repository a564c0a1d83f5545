export { type NunjucksOptions, nunjucksRenderer } from "./renderer.js";
