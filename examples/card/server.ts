import { serve } from "../gallery/serve.js";
import { card } from "./example.js";

await serve([card]);
