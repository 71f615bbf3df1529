// The form of a stored room: to create it and to change it.
import { api } from '../api.js';
import { formDialog } from '../dialog.js';
import { toast } from '../toast.js';

const own = { value: '', label: 'As its namespace has it' };
const rules = {
  join: [own, { value: 'anyone', label: 'Anyone' }, { value: 'authenticated', label: 'Whoever has an identity' }, { value: 'members', label: 'Allowed users' }, { value: 'permission', label: 'Whoever has the permission join:ROOM' }],
  publish: [own, { value: 'members', label: 'Whoever is in it' }, { value: 'authenticated', label: 'Whoever has an identity' }, { value: 'anyone', label: 'Anyone' }, { value: 'server', label: 'Nobody: only HTTP and code' }],
};

const fieldsOf = (room) => [
  { name: 'title', label: 'Title (optional)', maxlength: 200, value: room?.title ?? '' },
  { name: 'description', label: 'What it is for (optional)', maxlength: 2000, rows: 2, value: room?.description ?? '' },
  { name: 'join', label: 'Who may join', choices: rules.join, value: room?.settings?.join ?? '' },
  { name: 'publish', label: 'Who may publish', choices: rules.publish, value: room?.settings?.publish ?? '' },
  { name: 'history', label: 'Messages kept (optional)', type: 'number', min: 0, max: 100_000, value: room?.settings?.history ?? '', hint: 'Empty: as its namespace has it. A room in use keeps the log it has.' },
];

/** What the form says, in the API's terms; what is empty is the namespace's. */
function bodyOf({ title, description, join, publish, history }, before) {
  const { join: _, publish: __, history: ___, ...others } = before?.settings ?? {};
  return {
    title: title.trim() || null,
    description: description.trim() || null,
    settings: { ...others, ...(join ? { join } : {}), ...(publish ? { publish } : {}), ...(history === '' ? {} : { history: Number(history) }) },
  };
}

export function createRoom(done) {
  formDialog({
    title: 'Create a room', text: 'It stays until it is deleted, also when nobody is in it.', confirm: 'Create', testid: 'room-create-dialog',
    fields: [{ name: 'room_id', label: 'Name', required: true, maxlength: 128, hint: 'Letters, digits and _ . : - ; what stands before the first colon is its namespace.' }, ...fieldsOf(null)],
    async submit({ room_id: id, ...values }) {
      const { title, description, settings } = bodyOf(values);
      await api.createRoom({ room_id: id.trim(), ...(title ? { title } : {}), ...(description ? { description } : {}), ...(Object.keys(settings).length > 0 ? { settings } : {}) });
      toast(`Created ${id.trim()}`);
      await done();
    },
  });
}

export async function editRoom(id, done) {
  const { body: room, tag } = await api.roomTagged(id);
  formDialog({
    title: `Edit ${id}`, confirm: 'Save', testid: 'room-edit-dialog',
    text: room.permanent ? 'What changes here holds for everybody within a second.' : 'This room came to be by itself and goes when nobody uses it. To keep it and give it rules, create it by its name.',
    fields: room.permanent ? fieldsOf(room) : [],
    async submit(values) {
      if (!room.permanent) return;
      await api.updateRoom(id, bodyOf(values, room), tag);
      toast(`Saved ${id}`);
      await done();
    },
  });
}
