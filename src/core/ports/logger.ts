/** What is known about one log line beside its sentence. Never holds a secret, a seal or a payload value. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the server writes what happened. Any logger with these methods fits (pino, winston, console). */
export interface Logger {
  /** What is part of normal work, such as a refused request. */
  info(fields: LogFields, message: string): void;
  /** What somebody should look at when there is time. */
  warn(fields: LogFields, message: string): void;
  /** A failure on our side; `fields.error` holds what was thrown. */
  error(fields: LogFields, message: string): void;
}

function line(fields: LogFields, message: string): unknown[] {
  const { error, ...rest } = fields;
  const parts: unknown[] = [`[hydrant] ${message}`];
  if (Object.keys(rest).length > 0) parts.push(rest);
  if (error !== undefined) parts.push(error);
  return parts;
}

/** Writes to the process's standard streams: the default of `createComponentServer`. */
export const consoleLogger: Logger = {
  info: (fields, message) => console.info(...line(fields, message)),
  warn: (fields, message) => console.warn(...line(fields, message)),
  error: (fields, message) => console.error(...line(fields, message)),
};
