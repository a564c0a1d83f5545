import { serve } from "../gallery/serve.js";
import { dashboard } from "./example.js";

await serve([dashboard]);
