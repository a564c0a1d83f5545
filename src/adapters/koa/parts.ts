import { Dicer } from "@fastify/busboy";
import { HydrantError, type Limits } from "../../core/index.js";
import type { Arriving } from "./arriving.js";
import { tooMany } from "./fields.js";
import { HEAD_LENGTH, type PartHeaders } from "./part-head.js";

/** One part of a multipart body. */
export interface Part {
  readonly headers: PartHeaders;
  /** What nobody took yet. May be asked for again after a reader broke off. */
  bytes(): AsyncGenerator<Buffer, void, undefined>;
}

interface Opened {
  readonly stream: Dicer.PartStream;
  headers: PartHeaders | undefined;
  ended: boolean;
}

function malformed(problem: string, cause?: unknown): HydrantError {
  return new HydrantError("malformed", `The multipart body ${problem}.`, { cause });
}

/** `multipart/form-data; boundary=x`. RFC 2046 allows 70 characters. */
function boundaryOf(contentType: string): string {
  const found = /;[ \t]*boundary[ \t]*=[ \t]*(?:"([^"\\]{1,70})"|([^\s";]{1,70}))[ \t]*(?:;|$)/i.exec(contentType);
  return found?.[1] ?? found?.[2] ?? refuseBoundary();
}

function refuseBoundary(): never {
  throw malformed("has no boundary in its Content-Type");
}

/**
 * The parts of a multipart body, one after the other: the next piece of the request is asked for only when nothing is
 * left of the last one, so there is never more than one piece in memory and never more than one part to wait for.
 */
export class Parts {
  readonly #arriving: Arriving;
  readonly #limits: Limits;
  readonly #dicer: Dicer;
  readonly #opened: Opened[] = [];
  #count = 0;
  #finished = false;
  /** Bytes that belong to no part: before the first boundary, after the last one, headers without an end. */
  #outside = 0;

  /** @throws {HydrantError} `malformed` when the type names no boundary. */
  constructor(arriving: Arriving, contentType: string, limits: Limits) {
    this.#arriving = arriving;
    this.#limits = limits;
    const config = {
      boundary: boundaryOf(contentType),
      maxHeaderPairs: 32,
      // Longer headers are cut here and refused by their length afterwards.
      maxHeaderSize: HEAD_LENGTH * 2,
      // More than a piece, so that the splitter never waits for a reader: pieces come only when they are wanted.
      partHwm: 131_072,
    };
    const stop = (cause: unknown): void => arriving.stop(malformed("could not be read", cause));
    this.#dicer = new Dicer(config)
      .on("part", (stream) => this.#open(stream).on("error", stop))
      .on("finish", () => {
        this.#finished = true;
      })
      .on("error", stop);
  }

  #open(stream: Dicer.PartStream): Dicer.PartStream {
    this.#count++;
    const part: Opened = { stream, headers: undefined, ended: false };
    this.#opened.push(part);
    return stream
      .on("header", (headers) => {
        part.headers = headers as PartHeaders;
      })
      .on("end", () => {
        part.ended = true;
      });
  }

  /** Each part has to be read to its end before the next one is asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Part, void, undefined> {
    for (;;) {
      const [first] = this.#opened;
      if (first?.headers !== undefined) {
        this.#opened.shift();
        yield { headers: first.headers, bytes: () => this.#bytesOf(first) };
      } else if (first !== undefined && (this.#finished || this.#opened.length > 1)) {
        throw malformed("has a part whose header does not end");
      } else if (this.#finished) {
        return this.#passOverRest();
      } else {
        const size = await this.#feed();
        if (this.#opened[0]?.headers === undefined) this.#countOutside(size);
      }
    }
  }

  async *#bytesOf(part: Opened): AsyncGenerator<Buffer, void, undefined> {
    while (!part.ended) {
      const bytes = part.stream.read() as Buffer | null;
      if (bytes !== null) {
        yield bytes;
        continue;
      }
      // A stream says one tick later that it has ended.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      if (!part.ended) await this.#feed();
    }
  }

  /** Gives the splitter one more piece of the request. @returns its bytes' number. */
  async #feed(): Promise<number> {
    const piece = await this.#arriving.next();
    if (piece === undefined) throw malformed("ends before its last boundary");
    await new Promise<void>((resolve) => void this.#dicer.write(piece, () => resolve()));
    if (this.#count > this.#limits.payloadNodes) tooMany(this.#limits);
    return piece.length;
  }

  #countOutside(size: number): void {
    this.#outside += size;
    const { bodyBytes } = this.#limits;
    if (this.#outside > bodyBytes) {
      throw new HydrantError("too_large", `The request has more than ${bodyBytes} bytes beside its fields.`);
    }
  }

  /** RFC 2046 lets a text follow the last boundary, and says that it means nothing. */
  async #passOverRest(): Promise<void> {
    for (let piece = await this.#arriving.next(); piece !== undefined; piece = await this.#arriving.next()) {
      this.#countOutside(piece.length);
    }
  }
}
