import { Counter, serveCounter } from "../counter.js";

serveCounter(Counter);
