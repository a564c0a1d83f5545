import { createHook } from "node:async_hooks";
import { load } from "cheerio";
import supertest from "supertest";
import { describe, expect, it } from "vitest";
import { galleryApp } from "../../examples/gallery/app.js";
import { members } from "../../examples/members/example.js";
import { testLog } from "../support/log.js";

const ADA = { name: "ada", password: "difference engine" };
const BOB = { name: "bob", password: "garden gate" };
const COOKIE = /^members=(?<session>[\w-]{43}); path=\/; samesite=lax; httponly$/;

type Agent = ReturnType<typeof supertest.agent>;
type Fields = Readonly<Record<string, string>>;

/** The example alone, with sessions and limits of its own; visitors say in a header where they come from. */
function site(): ReturnType<typeof galleryApp> {
  return galleryApp([{ ...members, door: { ...members.door, trustedProxies: 1 } }], {
    mode: "development",
    log: testLog(),
  });
}

/** Somebody with a browser of their own: what they were sent is sent along. */
function visitorOf(app: ReturnType<typeof galleryApp>): Agent {
  return supertest.agent(app.callback());
}

/** The seal of a component on the page as it is now. */
async function sealOf(agent: Agent, component: string): Promise<string> {
  const { text } = await agent.get("/members").expect(200);
  return String(load(text)(`#c-${component} input[name=state]`).attr("value"));
}

function send(agent: Agent, event: string, fields: Fields) {
  return agent.post(`/components/${event}`).set("Sec-Fetch-Site", "same-origin").type("form").send(fields);
}

async function signIn(agent: Agent, who: Fields) {
  return send(agent, "sign-in/submit", { state: await sealOf(agent, "sign-in"), ...who });
}

async function signOut(agent: Agent) {
  return send(agent, "sign-in/sign_out", { state: await sealOf(agent, "sign-in") });
}

function cookiesOf({ headers }: { headers: Readonly<Record<string, unknown>> }): readonly string[] {
  const sent = (headers["set-cookie"] ?? []) as readonly string[];
  return sent.filter((cookie) => cookie.startsWith("members="));
}

function sessionIn(answer: { headers: Readonly<Record<string, unknown>> }): string {
  const [cookie = ""] = cookiesOf(answer);
  return COOKIE.exec(cookie)?.groups?.session ?? "";
}

/** Who the page says is signed in, for somebody who brings this cookie. */
async function nameFor(app: ReturnType<typeof galleryApp>, session: string): Promise<string> {
  const { text } = await supertest(app.callback()).get("/members").set("Cookie", `members=${session}`);
  return load(text)("#c-sign-in strong").text();
}

describe("signing in", () => {
  it("gives a session in a cookie that scripts cannot read and other sites do not send, and leads to the page", async () => {
    const app = site();
    const answer = await signIn(visitorOf(app), ADA);
    expect([answer.status, answer.headers.location]).toEqual([303, "/members"]);
    expect(cookiesOf(answer)).toEqual([expect.stringMatching(COOKIE)]);
    expect(await nameFor(app, sessionIn(answer))).toBe("Ada");
  });

  it("gives a cookie that stays on https where the page came by https", async () => {
    const app = site();
    app.proxy = true;
    const agent = visitorOf(app);
    const state = await sealOf(agent, "sign-in");
    const answer = await send(agent, "sign-in/submit", { state, ...ADA }).set("X-Forwarded-Proto", "https");
    expect(cookiesOf(answer)).toEqual([
      expect.stringMatching(/^members=[\w-]{43}; path=\/; samesite=lax; secure; httponly$/),
    ]);
  });

  it("tells htmx to load the page anew", async () => {
    const agent = visitorOf(site());
    const state = await sealOf(agent, "sign-in");
    const answer = await send(agent, "sign-in/submit", { state, ...ADA }).set("HX-Request", "true");
    expect([answer.status, answer.headers["hx-redirect"], answer.text]).toEqual([200, "/members", ""]);
    expect(sessionIn(answer)).not.toBe("");
  });

  it("never takes up a session that somebody brought along", async () => {
    const app = site();
    const planted = "p".repeat(43);
    const agent = visitorOf(app);
    agent.jar.setCookie(`members=${planted}; path=/`, "127.0.0.1");
    const session = sessionIn(await signIn(agent, ADA));
    expect(session).not.toBe(planted);
    expect(await nameFor(app, session)).toBe("Ada");
    expect(await nameFor(app, planted)).toBe("");
  });

  it("begins a new session every time, and the one before is over", async () => {
    const app = site();
    const agent = visitorOf(app);
    const first = sessionIn(await signIn(agent, ADA));
    const second = sessionIn(await signIn(agent, BOB));
    expect(second).not.toBe(first);
    expect([await nameFor(app, first), await nameFor(app, second)]).toEqual(["", "Bob"]);
  });

  it("never sends the password back", async () => {
    const answer = await signIn(visitorOf(site()), { name: "ada", password: "Swordfish-and-<chips>" });
    expect(answer.status).toBe(422);
    expect(answer.text).not.toMatch(/swordfish/i);
    expect(load(answer.text)("#c-sign-in-name").val()).toBe("ada");
  });
});

/** An answer without what is different in every one: seals, revisions, and the name that was tried. */
function plain({ status, headers, text }: supertest.Response, name: string) {
  const { date: _date, etag: _etag, ...rest } = headers as Record<string, string>;
  const $ = load(text);
  $("[name=state]").attr("value", "");
  $("[data-rev]").attr("data-rev", "").removeAttr("hx-vals:inherited");
  return { status, headers: { ...rest, "content-length": "" }, html: $.html().replace(`value="${name}"`, "") };
}

/** Runs something and counts how often scrypt was at work meanwhile. */
async function countingScrypt<T>(run: () => Promise<T>): Promise<{ readonly answer: T; readonly times: number }> {
  let times = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === "SCRYPTREQUEST") times++;
    },
  }).enable();
  try {
    return { answer: await run(), times };
  } finally {
    hook.disable();
  }
}

describe("a name and a password that do not match", () => {
  it("get one answer and cost the same work, whether or not there is somebody of that name", async () => {
    const app = site();
    const agent = visitorOf(app);
    const state = await sealOf(agent, "sign-in");
    const attempt = (name: string) => send(agent, "sign-in/submit", { state, name, password: "open sesame" });
    const wrong = await countingScrypt(() => attempt("bob"));
    const unknown = await countingScrypt(() => attempt("eve"));
    expect(wrong.answer.status).toBe(422);
    expect(load(wrong.answer.text)("[data-form-errors]").text()).toBe("This name and this password do not match.");
    expect(plain(unknown.answer, "eve")).toEqual(plain(wrong.answer, "bob"));
    expect([wrong.times, unknown.times]).toEqual([1, 1]);
    expect([cookiesOf(wrong.answer), cookiesOf(unknown.answer)]).toEqual([[], []]);
  });
});

describe("signing out", () => {
  it("ends the session and takes the cookie back", async () => {
    const app = site();
    const agent = visitorOf(app);
    const session = sessionIn(await signIn(agent, BOB));
    const answer = await signOut(agent);
    expect([answer.status, answer.headers.location]).toEqual([303, "/members"]);
    expect(cookiesOf(answer)).toEqual([expect.stringMatching(/^members=; path=\/; expires=Thu, 01 Jan 1970 /)]);
    expect(await nameFor(app, session)).toBe("");
  });

  it("makes every seal from before worthless, also after signing in again", async () => {
    const app = site();
    const agent = visitorOf(app);
    await signIn(agent, BOB);
    const state = await sealOf(agent, "board");
    const post = () => send(agent, "board/post", { state, text: "From before" }).set("HX-Request", "true");
    expect((await post()).status).toBe(200);
    await signOut(agent);
    const out = await post();
    expect([out.status, out.headers["hx-redirect"]]).toEqual([401, "/members"]);
    await signIn(agent, BOB);
    const again = await post();
    expect(again.status).toBe(400);
    expect(again.text).toContain("state_invalid");
  });

  it("makes them worthless in other sessions of the same member, and in nobody else's", async () => {
    const app = site();
    const [desk, sofa, bob] = [visitorOf(app), visitorOf(app), visitorOf(app)];
    await Promise.all([signIn(desk, ADA), signIn(sofa, ADA), signIn(bob, BOB)]);
    const [sofaSeal, bobSeal] = [await sealOf(sofa, "board"), await sealOf(bob, "board")];
    const post = (agent: Agent, state: string) =>
      send(agent, "board/post", { state, text: "Still here" }).set("HX-Request", "true");
    await signOut(desk);
    expect((await post(sofa, sofaSeal)).status).toBe(400);
    expect((await post(sofa, await sealOf(sofa, "board"))).status).toBe(200);
    expect((await post(bob, bobSeal)).status).toBe(200);
  });

  it("leaves no page of a member in any cache", async () => {
    const app = site();
    const agent = visitorOf(app);
    expect((await agent.get("/members")).headers["cache-control"]).toBe("no-cache, private");
    await signIn(agent, BOB);
    expect((await agent.get("/members")).headers["cache-control"]).toBe("no-store");
  });
});

/** What the board offers somebody. */
async function buttonsOf(agent: Agent): Promise<readonly string[]> {
  const $ = load((await agent.get("/members")).text);
  return $("#c-board button")
    .toArray()
    .map((button) => $(button).text());
}

describe("the board", () => {
  it("is not shown to anonymous visitors, who are told where to sign in", async () => {
    const agent = visitorOf(site());
    const $ = load((await agent.get("/members")).text);
    expect([$("#c-board").attr("data-refused"), $("#c-board").text()]).toEqual([
      "unauthenticated",
      "Please sign in first.",
    ]);
    const answer = await send(agent, "board/post", { state: "x", text: "Let me in" });
    expect(answer.status).toBe(401);
    expect(load(answer.text)("a").first().attr("href")).toBe("/members");
  });

  it("is cleared by staff; others neither see how nor get through without seeing", async () => {
    const app = site();
    const [ada, bob] = [visitorOf(app), visitorOf(app)];
    await Promise.all([signIn(ada, ADA), signIn(bob, BOB)]);
    expect(await buttonsOf(bob)).toEqual(["Post"]);
    const refused = await send(bob, "board/clear", { state: await sealOf(bob, "board") });
    expect(refused.status).toBe(403);
    expect(await buttonsOf(ada)).toEqual(["Post", "Clear the board"]);
    const cleared = await send(ada, "board/clear", { state: await sealOf(ada, "board") });
    expect(cleared.status).toBe(200);
    expect(load(cleared.text)("#c-board li").text()).toBe("Nothing is pinned up.");
  });
});

// Last, because what is counted for a name is counted for all sites of this process.
describe("somebody who tries one password after the other", () => {
  const from = (ip: string) => ({ "X-Forwarded-For": ip, "HX-Request": "true" });

  it("is stopped after sixty attempts a minute from one address, before a request is read", async () => {
    const agent = visitorOf(site());
    const state = await sealOf(agent, "sign-in");
    const attempt = (ip: string, fields: Fields) => send(agent, "sign-in/submit", fields).set(from(ip));
    for (let count = 0; count < 60; count++) expect((await attempt("192.0.2.1", {})).status).toBe(400);
    const refused = await attempt("192.0.2.1", { state, ...ADA });
    expect([refused.status, refused.headers["ratelimit-policy"]]).toEqual([429, '"sign-in.submit";q=60;w=60']);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect((await attempt("192.0.2.2", { state, ...ADA })).status).toBe(200);
  });

  it.each([BOB, { name: "nobody-of-that-name", password: "garden gate" }])(
    "is stopped after twenty attempts with the name $name, wherever they come from and also when the password is right",
    async (who) => {
      const agent = visitorOf(site());
      const state = await sealOf(agent, "sign-in");
      let count = 0;
      const attempt = (fields: Fields) =>
        send(agent, "sign-in/submit", { state, ...fields }).set(from(`192.0.2.${++count}`));
      let answer = await attempt({ ...who, password: "wrong" });
      while (answer.status === 422) answer = await attempt({ ...who, password: "wrong" });
      expect(count).toBeLessThanOrEqual(21);
      const right = await attempt({ ...who, name: ` ${who.name.toUpperCase()} ` });
      expect([answer.status, right.status, cookiesOf(right)]).toEqual([429, 429, []]);
      expect(right.text).toContain("Too many attempts with this name. Please try again in 10 minutes.");
      expect(Number(right.headers["retry-after"])).toBeGreaterThan(500);
      expect((await attempt(ADA)).status).toBe(200);
    },
  );
});
