import { serve } from "../gallery/serve.js";
import { answer } from "./example.js";

await serve([answer]);
