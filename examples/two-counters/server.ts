import { serve } from "../gallery/serve.js";
import { twoCounters } from "./example.js";

await serve([twoCounters]);
