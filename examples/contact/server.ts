import { serve } from "../gallery/serve.js";
import { contact } from "./example.js";

await serve([contact]);
