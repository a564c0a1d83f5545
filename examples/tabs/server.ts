import { serve } from "../gallery/serve.js";
import { tabs } from "./example.js";

await serve([tabs]);
