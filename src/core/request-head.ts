/** What doors read of a request before anything else: the shape of Node's `IncomingMessage`, without needing Node. */
export interface RequestHead {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** The value of one cookie, without parsing the others. */
export function cookieIn({ headers: { cookie } }: Pick<RequestHead, "headers">, name: string): string | undefined {
  if (typeof cookie !== "string") return undefined;
  for (const part of cookie.split(";")) {
    const text = part.trimStart();
    if (text.startsWith(name) && text[name.length] === "=") return text.slice(name.length + 1).trim();
  }
  return undefined;
}
