import { Counter, serveCounter } from "../counter.js";
import { signedIn } from "../signed-in.js";

serveCounter(Counter, {}, signedIn);
