import { serve } from "../gallery/serve.js";
import { limited } from "./example.js";

await serve([limited]);
