import { serve } from "../gallery/serve.js";
import { records } from "./example.js";

await serve([records]);
