import { serve } from "../gallery/serve.js";
import { socketCounter } from "./example.js";

await serve([socketCounter]);
