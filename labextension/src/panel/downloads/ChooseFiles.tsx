/**
 * Choosing the files of a repository one by one. What can hold code is shown and cannot be chosen.
 */
import * as React from 'react';

import { Button, Chip, Ltr } from '../../components/basics';
import { Failure } from '../../components/states';
import { useAction, useApp } from '../../hooks';
import { newKey } from '../../key';
import type { HubFile, HubRepo } from '../../protocol';
import { askOf, AUTOMATIC, importPlace } from '../datasets/importing';

/** The bytes of those that are chosen; null where the Hub did not tell one's. */
export function chosenBytes(
  files: readonly HubFile[],
  chosen: ReadonlySet<string>
): number | null {
  return files
    .filter(file => chosen.has(file.name))
    .reduce<number | null>(
      (sum, file) => (sum === null || file.bytes === null ? null : sum + file.bytes),
      0
    );
}

/** See the module's comment. */
export function ChooseFiles({
  repo,
  onDone
}: {
  repo: HubRepo;
  onDone: () => void;
}): React.JSX.Element {
  const { core, t, fmt, go } = useApp();
  const usual = repo.files.filter(file => file.chosen).map(file => file.name);
  const [chosen, setChosen] = React.useState<ReadonlySet<string>>(() => new Set(usual));
  const [key] = React.useState(newKey);
  const names = repo.files.map(file => file.name).filter(name => chosen.has(name));
  const bytes = chosenBytes(repo.files, chosen);
  const n = fmt.number(names.length);
  const begin = useAction(async () => {
    if (repo.type === 'dataset') {
      const source = {
        kind: 'hub' as const,
        repo: repo.repo_id,
        revision: 'main',
        files: names
      };
      const made = await core.api.datasets.read(askOf(source, AUTOMATIC), key);
      go(importPlace(source, AUTOMATIC, made.id));
      return;
    }
    await core.api.downloads.start({
      repo_id: repo.repo_id,
      repo_type: repo.type,
      revision: 'main',
      files: names
    });
    onDone();
  });
  const toggle = (name: string, on: boolean): void => {
    const next = new Set(chosen);
    if (on) {
      next.add(name);
    } else {
      next.delete(name);
    }
    setChosen(next);
  };
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        void begin.run();
      }}
    >
      <div className="pai-choose" role="group" aria-label={t('hub.choose_files')}>
        <table className="pai-table">
          <thead>
            <tr>
              <th scope="col">
                <span className="pai-sr">{t('hub.choose_column')}</span>
              </th>
              <th scope="col">{t('downloads.files_name')}</th>
              <th scope="col">{t('downloads.files_size')}</th>
            </tr>
          </thead>
          <tbody>
            {repo.files.map(file => (
              <Row
                key={file.name}
                file={file}
                chosen={chosen.has(file.name)}
                onChange={on => toggle(file.name, on)}
              />
            ))}
          </tbody>
        </table>
      </div>
      <div className="pai-pad pai-stack">
        <div className="pai-flow">
          <span className="pai-num" role="status">
            {names.length === 0
              ? t('hub.choose_none')
              : bytes === null
                ? t('hub.choose_sum_unknown', { n })
                : t('hub.choose_sum', { n, bytes: fmt.bytes(bytes) })}
          </span>
          <div className="pai-acts">
            <Button kind="quiet" onClick={() => setChosen(new Set(usual))}>
              {t('hub.choose_usual')}
            </Button>
            <Button onClick={onDone}>{t('panel.cancel')}</Button>
            <Button
              type="submit"
              icon="downloads"
              busy={begin.busy}
              disabled={names.length === 0}
            >
              {t(repo.type === 'dataset' ? 'hub.choose_bring' : 'hub.choose_get')}
            </Button>
          </div>
        </div>
        {begin.error ? <Failure error={begin.error} onClose={begin.clear} /> : null}
      </div>
    </form>
  );
}

function Row(props: {
  file: HubFile;
  chosen: boolean;
  onChange: (on: boolean) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { file } = props;
  const id = React.useId();
  return (
    <tr>
      <td>
        <input
          id={id}
          type="checkbox"
          aria-label={t('hub.choose_one', { name: file.name })}
          checked={props.chosen}
          disabled={file.unsafe}
          title={file.unsafe ? t('hub.choose_unsafe') : undefined}
          onChange={event => props.onChange(event.currentTarget.checked)}
        />
      </td>
      <td>
        <label htmlFor={id}>
          <Ltr>{file.name}</Ltr>
        </label>{' '}
        {file.unsafe ? <Chip tone="bad">{t('downloads.unsafe')}</Chip> : null}
      </td>
      <td className="pai-num">{file.bytes === null ? '–' : fmt.bytes(file.bytes)}</td>
    </tr>
  );
}
