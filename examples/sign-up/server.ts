import { serve } from "../gallery/serve.js";
import { signUp } from "./example.js";

await serve([signUp]);
