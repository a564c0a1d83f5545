import { serve } from "../gallery/serve.js";
import { fileDrop } from "./example.js";

await serve([fileDrop]);
