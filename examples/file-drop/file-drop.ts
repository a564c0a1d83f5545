import { FormComponent, HydrantError, type Payload, sizeText, type UploadedFile } from "hydrant";
import { z } from "zod";
import { uploads } from "./uploads.js";

const MOST = 10;

const schema = z.object({
  title: z.string().trim().min(1, "Say what you are sending.").max(80, "Keep it under 80 characters."),
  files: z.array(z.custom<UploadedFile>()).min(1, "Choose a file, or drop one here."),
});

const File = z.object({ key: z.string(), name: z.string(), size: z.number(), type: z.string() });
const Parcel = z.object({ title: z.string(), files: z.array(File) });

const events = { remove: z.object({ key: z.string() }) };

interface Extra {
  /** What this visitor sent, the newest first. */
  parcels: z.infer<typeof Parcel>[];
}

/** Files go to the server as soon as they are chosen, and wait there until the form as a whole is in order. */
export class FileDrop extends FormComponent<typeof schema, Extra> {
  static override template = "file-drop/file-drop.njk";
  static override schema = schema;
  static override uploads = {
    files: { maxBytes: 5_000_000, maxFiles: 4, types: ["image/*", "application/pdf"] },
  };
  static override state = z.object({ parcels: z.array(Parcel) });
  static override events = events;

  override async mount(params: object) {
    await super.mount(params);
    this.state.parcels = [];
  }

  async on_submit(parcel: z.output<typeof schema>) {
    if (this.state.parcels.length >= MOST) {
      throw new HydrantError("invalid", `The list holds ${MOST} at most. Remove something first.`);
    }
    this.state.parcels.unshift(parcel);
    await this.reset();
  }

  async on_remove({ key }: Payload<typeof events, "remove">) {
    const parcel = this.state.parcels.find(({ files }) => files.some((file) => file.key === key));
    if (parcel === undefined) return;
    parcel.files = parcel.files.filter((file) => file.key !== key);
    this.state.parcels = this.state.parcels.filter(({ files }) => files.length > 0);
    await uploads.remove(key);
  }

  override getContext() {
    return { sizeText };
  }
}
