import { serve } from "../gallery/serve.js";
import { job } from "./example.js";

await serve([job]);
