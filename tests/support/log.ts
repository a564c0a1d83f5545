import type { LogFields, Logger } from "hydrant";

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly fields: LogFields;
  readonly message: string;
}

/** A log that a test can read. */
export interface TestLog extends Logger {
  readonly lines: LogLine[];
  /** Lines of one level. */
  at(level: LogLine["level"]): readonly LogLine[];
}

export function testLog(): TestLog {
  const lines: LogLine[] = [];
  const write = (level: LogLine["level"]) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message });
  };
  return {
    lines,
    at: (level) => lines.filter((line) => line.level === level),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
}
