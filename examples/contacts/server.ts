import { serve } from "../gallery/serve.js";
import { contacts } from "./example.js";

await serve([contacts]);
