import { IsAuthenticated } from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { Counter, serveCounter } from "../counter.js";
import { signedIn } from "../signed-in.js";

class AdmittedCounter extends Counter {
  static override permissions = [IsAuthenticated];
  static override limits = "1000000/min";
}

serveCounter(AdmittedCounter, { limitStore: memoryLimitStore() }, signedIn);
