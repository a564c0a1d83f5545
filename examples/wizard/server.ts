import { serve } from "../gallery/serve.js";
import { wizard } from "./example.js";

await serve([wizard]);
