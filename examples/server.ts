import { examples } from "./all.js";
import { serve } from "./gallery/serve.js";

await serve(examples);
