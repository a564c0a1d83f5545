import { serveCounter } from "../../event/counter.js";
import { StreamedCounter } from "../counters.js";

serveCounter(StreamedCounter);
