import { serve } from "../gallery/serve.js";
import { todo } from "./example.js";

await serve([todo]);
