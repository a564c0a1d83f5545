import { serve } from "../gallery/serve.js";
import { invoice } from "./example.js";

await serve([invoice]);
