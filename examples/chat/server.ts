import { serve } from "../gallery/serve.js";
import { chat } from "./example.js";

await serve([chat]);
