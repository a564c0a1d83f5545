import { serve } from "../gallery/serve.js";
import { members } from "./example.js";

await serve([members]);
