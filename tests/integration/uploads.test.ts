import { join } from "node:path";
import { load } from "cheerio";
import { describe, expect, it } from "vitest";
import { pagePath } from "../conformance/koa-door.js";
import { codeOf, filesListed, held, openAlbum, withPhoto } from "../support/album.js";
import { messagesIn } from "../support/form-html.js";
import { type BodyPart, photo, png } from "../support/multipart.js";

const title = (value: string): BodyPart => ({ name: "title", value });
const DAY = 86_400_000;

describe("a file", () => {
  it("is taken, listed, handed out to its sender, and kept once the form was accepted", async () => {
    const stage = await openAlbum();
    const album = await stage.mount("album");
    const uploaded = await stage.post(album, "upload", [{ name: "_field", value: "photos" }, photo(png(300_000))]);
    const [listed] = filesListed(uploaded.body);
    expect([uploaded.status, listed?.name, messagesIn(uploaded.body)]).toEqual([200, "a.png", {}]);
    expect(load(uploaded.body)("[data-file-size]").text()).toBe("300 kB");
    expect(stage.files()).toEqual([join("pending", listed?.key ?? "")]);
    const sent = await stage.post(held(uploaded), "submit", [title("Sea")]);
    expect([sent.status, stage.journal.ran]).toEqual([200, ["submit"]]);
    expect(stage.journal.payloads).toEqual([
      { title: "Sea", photos: [{ key: listed?.key, name: "a.png", size: 300_000, type: "image/png" }] },
    ]);
    expect(stage.files()).toEqual([join("kept", listed?.key ?? "")]);
    const fetched = await stage.http.request({ path: listed?.url ?? "", headers: { "x-user": "ann" } });
    expect([fetched.status, fetched.headers["content-length"], fetched.headers["content-type"]]).toEqual([
      200,
      "300000",
      "application/octet-stream",
    ]);
    expect(fetched.headers["content-disposition"]).toMatch(/^attachment; /);
  });

  it("comes with others, into several fields, before or behind everything else", async () => {
    const stage = await openAlbum();
    const note: BodyPart = { name: "note", value: "read me", file: "n.txt", type: "text/plain" };
    const parts = [
      photo(),
      note,
      title("Sea"),
      photo(png(50), "b.png"),
      { ...photo(png(9), "c.png"), name: "photos[]" },
    ];
    const sent = await stage.post(await stage.mount("album"), "submit", parts);
    expect(sent.status).toBe(200);
    expect(stage.journal.payloads).toMatchObject([
      {
        photos: [{ name: "a.png" }, { name: "b.png" }, { name: "c.png", size: 9 }],
        note: { name: "n.txt", size: 7, type: "text/plain" },
      },
    ]);
    expect(stage.files().map((file) => file.split("/")[0])).toEqual(Array(4).fill("kept"));
  });

  it("stays when a neighbour is refused, and when the handler refuses; it need not be chosen again", async () => {
    const stage = await openAlbum();
    const refused = await stage.post(await stage.mount("album"), "submit", [title("x"), photo()]);
    expect([refused.status, messagesIn(refused.body)]).toEqual([422, { title: ["Three letters at least"] }]);
    expect(filesListed(refused.body).map(({ name }) => name)).toEqual(["a.png"]);
    const later = await stage.post(held(refused), "submit", [title("Refused"), photo(png(20), "b.png")]);
    expect([later.status, messagesIn(later.body)]).toEqual([422, { title: ["Taken"] }]);
    expect(filesListed(later.body).map(({ name }) => name)).toEqual(["a.png", "b.png"]);
    const sent = await stage.post(held(later), "submit", [title("Sea"), { ...photo(""), file: "" }]);
    expect(sent.status).toBe(200);
    expect(stage.journal.payloads.at(-1)).toMatchObject({ photos: [{ name: "a.png" }, { name: "b.png" }] });
    expect(stage.files()).toHaveLength(2);
  });

  it("that the form needs and that is missing is said beside its field", async () => {
    const stage = await openAlbum();
    const refused = await stage.post(await stage.mount("album"), "submit", [title("Sea"), { ...photo(""), file: "" }]);
    expect([refused.status, messagesIn(refused.body)]).toEqual([422, { photos: ["Add a photo"] }]);
  });

  it("can be taken out again, and only the one that is named", async () => {
    const stage = await openAlbum();
    const album = await withPhoto(stage, photo(), photo(png(20), "b.png"));
    const [first, second] = filesListed(album.html);
    for (const payload of [
      { _field: "photos", _key: "nothing" },
      { _field: "photos" },
      { _field: "photos", _key: [first?.key] },
      { _field: "title", _key: first?.key },
      { _field: "nobody", _key: first?.key },
    ]) {
      const unchanged = await stage.send(album, "remove_file", payload);
      expect([unchanged.status, filesListed(unchanged.html).length]).toEqual([200, 2]);
    }
    const fewer = await stage.send(album, "remove_file", {
      _field: "photos",
      _key: first?.key,
      _form: "1",
      title: "Se",
    });
    expect(filesListed(fewer.html).map(({ key }) => key)).toEqual([second?.key]);
    expect(load(fewer.html)("[name=title]").attr("value")).toBe("Se");
    expect((await stage.send(fewer, "submit", { title: "Sea" })).status).toBe(200);
    expect(stage.files()).toContain(join("kept", second?.key ?? ""));
    expect(stage.files()).not.toContain(join("kept", first?.key ?? ""));
  });

  it("of a field for one takes the place of the one before", async () => {
    const stage = await openAlbum();
    const note = (file: string): BodyPart => ({ name: "note", value: file, file, type: "text/plain" });
    const one = await withPhoto(stage, photo(), note("one.txt"));
    const two = await stage.post(one, "upload", [note("two.txt")]);
    expect(filesListed(two.body).map(({ name }) => name)).toEqual(["a.png", "two.txt"]);
  });

  it("goes through a form in steps, whose other steps know nothing of it", async () => {
    const stage = await openAlbum();
    const book = await stage.mount("book");
    const next = await stage.post(book, "next", [photo()]);
    expect([next.status, load(next.body)("h2").text()]).toEqual([200, "title"]);
    const sent = await stage.post(held(next, "book"), "submit", [title("Sea")]);
    expect([sent.status, stage.journal.payloads]).toMatchObject([200, [{ title: "Sea", photos: [{ name: "a.png" }] }]]);
    expect(stage.files().map((file) => file.split("/")[0])).toEqual(["kept"]);
  });

  it("comes with a form without JavaScript too", async () => {
    const stage = await openAlbum();
    const page = await stage.http.request({ path: pagePath([{ name: "album" }]), headers: { "x-user": "ann" } });
    expect(load(page.body)("form[data-form]").attr("enctype")).toBe("multipart/form-data");
    const plain = { "HX-Request": "false", Accept: "text/html" };
    const refused = await stage.post(held(page), "submit", [title("x"), photo()], plain);
    expect([refused.status, load(refused.body)("main, h1").length, filesListed(refused.body).length]).toEqual([
      422, 1, 1,
    ]);
    const sent = await stage.post(held(refused), "submit", [title("Sea")], plain);
    const again = await stage.post(held(refused), "submit", [title("Sea")], plain);
    expect([sent.status, again.status, stage.journal.ran]).toEqual([200, 200, ["submit"]]);
  });
});

describe("time", () => {
  it("sweeps what no form was accepted with, and nothing else", async () => {
    const stage = await openAlbum();
    const kept = await withPhoto(stage);
    expect((await stage.send(kept, "submit", { title: "Sea" })).status).toBe(200);
    const [{ key } = { key: "" }] = filesListed(kept.html);
    const left = await withPhoto(stage);
    expect(stage.files()).toHaveLength(2);
    stage.clock.advance(DAY);
    const [{ url } = { url: "" }] = filesListed(left.html);
    expect((await stage.http.request({ path: url, headers: { "x-user": "ann" } })).status).toBe(409);
    await withPhoto(stage);
    expect(stage.files()).toHaveLength(2);
    expect(stage.files()).toContain(join("kept", key));
  });

  it("that took a file away before its form was sent is told, and nothing is accepted without it", async () => {
    const stage = await openAlbum({ sealMs: 3_600_000 });
    const album = await withPhoto(stage);
    stage.clock.advance(3_000_000);
    const typing = await stage.post(album, "upload", [title("Sea"), photo(png(30), "b.png")]);
    stage.clock.advance(3_000_000);
    const refused = await stage.send(held(typing), "submit", { title: "Sea" });
    const message = '"a.png" is no longer here. Choose it again.';
    expect([refused.status, refused.fields, messagesIn(refused.html)]).toEqual([
      422,
      { photos: [message] },
      { photos: [message] },
    ]);
    expect([filesListed(refused.html).map(({ name }) => name), stage.journal.ran]).toEqual([["b.png"], []]);
    expect((await stage.send(refused, "submit", { title: "Sea" })).status).toBe(200);
  });

  it("is no matter for a file of a form that was accepted: an earlier page cannot take it away", async () => {
    const stage = await openAlbum();
    const album = await withPhoto(stage);
    const [{ key } = { key: "" }] = filesListed(album.html);
    expect((await stage.send(album, "submit", { title: "Sea" })).status).toBe(200);
    await stage.send(album, "remove_file", { _field: "photos", _key: key });
    expect(stage.files()).toEqual([join("kept", key)]);
  });

  it("keeps the files of a form that the handler empties", async () => {
    const stage = await openAlbum();
    const sent = await stage.post(await stage.mount("album"), "submit", [title("Emptied"), photo()]);
    expect([sent.status, filesListed(sent.body)]).toEqual([200, []]);
    expect(stage.files().map((file) => file.split("/")[0])).toEqual(["kept"]);
  });

  it("and a second try of the same intent give the same answer, and one file", async () => {
    const stage = await openAlbum();
    const album = await stage.mount("album");
    const once = { "Idempotency-Key": "one" };
    const first = await stage.post(album, "submit", [title("Sea"), photo()], once);
    const again = await stage.post(album, "submit", [title("Sea"), photo()], once);
    expect([first.status, again.status, again.body]).toEqual([200, 200, first.body]);
    expect([stage.journal.ran, stage.files().length]).toEqual([["submit"], 1]);
    const other = await stage.post(album, "submit", [title("Sea"), photo(png(40), "b.png")], once);
    expect([other.status, codeOf(other), stage.files().length]).toEqual([409, "key_reused", 1]);
  });
});
