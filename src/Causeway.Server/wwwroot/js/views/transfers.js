// Exports and imports as jobs: what starts one, and what came of it.
import { api, file as address } from '../api.js';
import { dialog, formDialog } from '../dialog.js';
import { h } from '../dom.js';
import { toast } from '../toast.js';
import { download, progressBar, reportOf, upload } from '../transfers.js';

const exported = [['users', 'Users'], ['rooms', 'Rooms'], ['files', 'Files'], ['audit', 'Audit log']];
const imported = [['users', 'Users'], ['rooms', 'Rooms']];
const choicesOf = (pairs) => pairs.map(([value, label]) => ({ value, label }));
const given = (query) => (query.trim() ? { query: query.trim() } : {});

export function exportList(done) {
  formDialog({
    title: 'Export a list', text: 'A job writes it into a file of yours. When it is done, download the file here from the job’s row, or from Files.', confirm: 'Export', testid: 'export-dialog',
    fields: [
      { name: 'list', label: 'List', choices: choicesOf(exported) },
      { name: 'format', label: 'Format', choices: choicesOf([['csv', 'CSV'], ['ndjson', 'NDJSON, one JSON object on each line']]) },
      { name: 'query', label: 'Order and filters (optional)', maxlength: 2000, hint: 'As in sort=-created_at&name.contains=report' },
    ],
    async submit({ list, format, query }) {
      await api.createExport({ list, format, ...given(query) });
      toast('The export is begun');
      await done();
    },
  });
}

/** The file goes first, then the job; one that was refused takes the file along, unless it is corrected. */
export function importFile(done) {
  let sent = null;
  const keyOf = (file) => `${file.name} ${file.size} ${file.lastModified}`;

  async function takeBack() {
    const { id, isRefused } = sent ?? {};
    sent = null;
    // After an answer that was lost the job may be there, and need it.
    if (isRefused) await api.deleteFile(id).catch(() => {});
  }

  async function send(file, { status, signal }) {
    if (sent?.key === keyOf(file)) return;
    await takeBack();
    const bar = progressBar('Sent');
    status.replaceChildren(bar.element);
    const sending = upload('POST', '/api/v1/files', {
      file, type: 'text/csv', headers: { 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}` }, onprogress: bar.set,
    });
    signal.addEventListener('abort', sending.stop);
    try {
      sent = { key: keyOf(file), id: (await sending.done).id, isRefused: true };
    } finally {
      status.replaceChildren();
    }
  }

  formDialog({
    title: 'Import a file', text: 'The file is sent, and a job reads it into the list. When it is done, the job’s row has the report.', confirm: 'Import', testid: 'import-dialog',
    fields: [
      { name: 'list', label: 'List', choices: choicesOf(imported) },
      { name: 'file_id', label: 'CSV file', type: 'file', accept: '.csv,text/csv', required: true },
      { name: 'dry_run', label: 'Only check it, change nothing', check: true },
      { name: 'query', label: 'How it is read (optional)', maxlength: 2000, hint: 'As in delimiter=semicolon&ignore_unknown=true' },
    ],
    onclose: takeBack,
    async submit({ list, file_id: file, dry_run, query }, shown) {
      await send(file, shown);
      if (shown.signal.aborted) return takeBack();
      sent.isRefused = false;
      try {
        await api.createImport({ list, file_id: sent.id, dry_run, ...given(query) });
      } catch (error) {
        sent.isRefused = error.status >= 400 && error.status < 500;
        throw error;
      }
      toast('The import is begun');
      return done();
    },
  });
}

/** What a transfer that is through left behind: how its button is called, and what that does. */
export const results = {
  'export.file': ['Download the file of', downloadResult],
  'import.file': ['Report of', showReport],
};

async function downloadResult({ file_id: id }) {
  // A browser says little of a download that is refused.
  await api.fileTagged(id);
  await download(`${address(id)}/content`);
}

async function showReport({ report_file_id: id, list, dry_run: isDry }) {
  const report = await api.fileAsJson(id);
  const shown = dialog({
    title: `Import of ${list}`, testid: 'report-dialog',
    content: h('div', { class: 'form' },
      reportOf(report, isDry),
      h('p', { class: 'hint' }, 'The report is also under Files.'),
      h('div', { class: 'dialog-actions' }, h('button', { type: 'button', class: 'button primary', onclick: () => shown.close() }, 'Close'))),
  });
}
