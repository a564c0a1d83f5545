import { serve } from "../gallery/serve.js";
import { counter } from "./example.js";

await serve([counter]);
