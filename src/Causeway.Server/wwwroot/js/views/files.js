// Files: upload with progress, download, rename, post into a room.
import { api, file as address } from '../api.js';
import { formDialog } from '../dialog.js';
import { h, setText } from '../dom.js';
import { errorBox, isPassing } from '../errors.js';
import { ago, bytes, dateTime, joined } from '../format.js';
import { icon } from '../icons.js';
import { mountList } from '../list-page.js';
import { toast } from '../toast.js';
import { download, downloadButton, progressBar, upload } from '../transfers.js';

export function mount(root, { query }) {
  const uploads = h('ul', { class: 'uploads', 'aria-label': 'Uploads' });
  const input = h('input', { type: 'file', id: 'file-input', multiple: true, class: 'visually-hidden', 'data-testid': 'file-input' });
  const pick = h('label', { for: 'file-input', class: 'button primary', 'data-testid': 'file-upload' }, icon('plus'), 'Upload files');
  const list = mountList(root, {
    title: 'Files', path: '/files', query, testid: 'files-table', sort: '-created_at',
    actions: [downloadButton('Export the list', '/api/v1/files/export.csv', () => list.asked(), 'files-export'), h('span', { class: 'pick' }, input, pick)],
    search: { label: 'Files whose name contains', placeholder: 'Name', params: (text) => ({ 'name.contains': text }) },
    keyOf: (item) => item.id,
    columns: [
      { name: 'File', sort: 'name', row: true, class: 'main-column', build: nameCell, refresh: refreshName },
      { name: 'Size', sort: 'size', class: 'number', text: (item) => joined(bytes(item.size)) },
      { name: 'Uploaded', sort: 'created_at', class: 'number wide', text: (item) => ago(item.created_at), title: (item) => dateTime(item.created_at) },
      { name: 'Actions', hiddenName: true, class: 'actions', build: (item) => actions(item, () => list.load()) },
    ],
    empty: [h('p', {}, h('strong', {}, 'No file is here.')), h('p', {}, 'Upload some, or drop them anywhere on this page.')],
    none: 'No file fits.',
    fetch: (params) => api.files(params),
  });
  const page = root.querySelector('.list-page');
  list.problem.before(uploads);

  const send = (files) => [...files].forEach((file) => uploadOne(file, uploads, list.load));
  input.addEventListener('change', () => {
    send(input.files);
    input.value = '';
  });
  page.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    page.toggleAttribute('data-drop', true);
  });
  page.addEventListener('dragleave', (event) => {
    if (!page.contains(event.relatedTarget)) page.toggleAttribute('data-drop', false);
  });
  page.addEventListener('drop', (event) => {
    event.preventDefault();
    page.toggleAttribute('data-drop', false);
    send(event.dataTransfer.files);
  });
  return list.stop;
}

async function uploadOne(file, uploads, done) {
  const bar = progressBar(`Upload of ${file.name}`);
  const stop = h('button', { type: 'button', class: 'icon-button small', 'aria-label': `Stop the upload of ${file.name}`, title: 'Stop' }, icon('close'));
  const entry = h('li', { class: 'card upload', 'data-testid': 'upload' }, h('span', { class: 'upload-name' }, file.name), bar.element, stop);
  uploads.append(entry);
  const sending = upload('POST', '/api/v1/files', {
    file, headers: { 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}` }, onprogress: bar.set,
  });
  stop.addEventListener('click', () => sending.stop());
  try {
    await sending.done;
    toast(`Uploaded ${file.name}`);
    entry.remove();
    await done();
  } catch (error) {
    if (error.name === 'AbortError') {
      entry.remove();
      return;
    }
    const again = () => {
      entry.remove();
      uploadOne(file, uploads, done);
    };
    entry.replaceChildren(h('span', { class: 'upload-name' }, file.name), errorBox(error, isPassing(error) ? again : null), h('button', { type: 'button', class: 'icon-button small', 'aria-label': 'Put this away', title: 'Put away', onclick: () => entry.remove() }, icon('close')));
  }
}

function nameCell(item) {
  const save = async (event) => {
    event.preventDefault();
    try {
      await download(`${address(item.id)}/content`);
    } catch (error) {
      toast(`Not downloaded: ${error.message}`, 6000);
    }
  };
  return h('span', { class: 'room-name' }, h('a', { href: `${address(item.id)}/content`, download: '', 'data-testid': 'file-link', onclick: save }, ''), h('span', { class: 'room-title' }, ''));
}

function refreshName(cell, item) {
  setText(cell.firstElementChild, item.name);
  setText(cell.lastElementChild, item.content_type);
}

function actions(item, done) {
  const button = (words, name, testid, action, wide) => h('button', { type: 'button', class: `icon-button${wide ? ' wide' : ''}`, 'aria-label': `${words}: ${item.name}`, title: words, 'data-testid': testid, onclick: action }, icon(name));
  return h('span', { class: 'row-actions' },
    button('Post into a room', 'plane', 'file-post', () => postFile(item)),
    button('Rename', 'edit', 'file-rename', () => renameFile(item, done), true),
    button('Delete', 'trash', 'file-delete', () => deleteFile(item, done), true));
}

function postFile(item) {
  formDialog({
    title: 'Post into a room', text: `Its members get a message with a link to ${item.name}.`, confirm: 'Post', testid: 'file-post-dialog',
    fields: [{ name: 'room', label: 'Room', required: true, maxlength: 128, value: 'lobby' }],
    async submit({ room }) {
      await api.postFile(room.trim(), { file_id: item.id });
      toast(`Posted into ${room.trim()}`);
    },
  });
}

async function renameFile(item, done) {
  const { tag } = await api.fileTagged(item.id);
  formDialog({
    title: 'Rename', confirm: 'Rename', testid: 'file-rename-dialog',
    fields: [{ name: 'name', label: 'Name', required: true, maxlength: 255, value: item.name }],
    async submit({ name }) {
      await api.renameFile(item.id, { name: name.trim() }, tag);
      toast(`Renamed to ${name.trim()}`);
      await done();
    },
  });
}

function deleteFile(item, done) {
  formDialog({
    title: 'Delete this file?', text: `${item.name} is gone for good; links to it in rooms lead nowhere.`, confirm: 'Delete the file', danger: true, testid: 'file-delete-dialog',
    async submit() {
      await api.deleteFile(item.id);
      toast(`Deleted ${item.name}`);
      await done();
    },
  });
}
