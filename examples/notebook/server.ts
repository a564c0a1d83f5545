import { serve } from "../gallery/serve.js";
import { notebook } from "./example.js";

await serve([notebook]);
