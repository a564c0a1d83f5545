/**
 * Templates in Nunjucks.
 *
 * @module hydrant/nunjucks
 */

export { type NunjucksOptions, nunjucksRenderer } from "./renderer.js";
