/**
 * What a download of a repository would fetch, asked of the Hub now: the files, their sizes, what
 * is left out and what is never fetched.
 */
import * as React from 'react';

import { ChooseFiles } from './ChooseFiles';
import { HubFailure } from './HubFailure';
import { Button, Card, Chip, Ltr } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { Sentence } from '../../components/Sentence';
import { Skeleton } from '../../components/states';
import { useApp, type Loaded } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { HubFile, HubRepo } from '../../protocol';

/** So many files are shown before the others are asked for. */
const FIRST = 12;

/** See the module's comment. */
export function Files({ asked }: { asked: Loaded<HubRepo> }): React.JSX.Element {
  const { t } = useApp();
  const { data, error, reload } = asked;
  if (error) {
    return <HubFailure error={error} onRetry={reload} />;
  }
  if (!data) {
    return (
      <Card title={t('downloads.files')}>
        <div className="pai-pad">
          <p className="pai-quiet">{t('downloads.files_asking')}</p>
          <Skeleton lines={4} />
        </div>
      </Card>
    );
  }
  return <Told repo={data} />;
}

function Told({ repo }: { repo: HubRepo }): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const [all, setAll] = React.useState(false);
  const [choosing, setChoosing] = React.useState(false);
  const wanted = all ? repo.files : repo.files.filter(file => file.chosen);
  const shown = all ? wanted : wanted.slice(0, FIRST);
  const page = pageOf(repo);
  const cut = repo.files_total - repo.files.length;
  return (
    <Card
      title={t('downloads.files')}
      action={
        <span className="pai-acts">
          {repo.refused || choosing ? null : (
            <span className="pai-quiet pai-num">
              {t('downloads.files_sum', {
                n: fmt.number(repo.chosen_files),
                bytes: fmt.bytes(repo.chosen_bytes)
              })}
            </span>
          )}
          {choosing || !repo.files.some(file => !file.unsafe) ? null : (
            <Button icon="check" onClick={() => setChoosing(true)}>
              {t('hub.choose_files')}
            </Button>
          )}
        </span>
      }
    >
      {repo.refused ? (
        <p className="pai-warned pai-pad">
          <Icon name="warning" />
          <span>
            {t('downloads.files_refused')}{' '}
            <Sentence text={inLanguage(lang, repo.refused)} />
          </span>
        </p>
      ) : null}
      {choosing ? (
        <ChooseFiles repo={repo} onDone={() => setChoosing(false)} />
      ) : shown.length > 0 ? (
        <table className="pai-table">
          <thead>
            <tr>
              <th scope="col">{t('downloads.files_name')}</th>
              <th scope="col">{t('downloads.files_size')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(file => (
              <FileRow key={file.name} file={file} />
            ))}
          </tbody>
        </table>
      ) : null}
      <div className="pai-pad pai-files-foot">
        {!choosing && !all && repo.files.length > shown.length ? (
          <Button kind="quiet" onClick={() => setAll(true)}>
            {t('downloads.files_more', { n: fmt.number(repo.files.length) })}
          </Button>
        ) : null}
        {!repo.refused && !choosing && repo.files_total > repo.chosen_files ? (
          <small className="pai-quiet">
            {t('downloads.files_rest', {
              n: fmt.number(repo.files_total),
              bytes: fmt.bytes(repo.bytes_total)
            })}
          </small>
        ) : null}
        {cut > 0 && (all || choosing) ? (
          <small className="pai-quiet">
            {t('downloads.files_cut', { n: fmt.number(cut) })}
          </small>
        ) : null}
        {repo.unsafe_files > 0 ? (
          <small className="pai-warned">
            <Icon name="warning" />
            <span>{t('downloads.files_unsafe', { n: fmt.number(repo.unsafe_files) })}</span>
          </small>
        ) : null}
        <small className="pai-quiet">{t('downloads.trust')}</small>
        {page ? (
          <a className="pai-small" href={page} target="_blank" rel="noopener noreferrer">
            {t('downloads.on_hub')}
          </a>
        ) : null}
      </div>
    </Card>
  );
}

/** Its page for people, at the Hub that was asked; null where that is no web address. */
function pageOf(repo: HubRepo): string | null {
  const kind = repo.type === 'dataset' ? 'datasets/' : '';
  return /^https?:\/\//.test(repo.endpoint)
    ? `${repo.endpoint}/${kind}${encodeURI(repo.repo_id)}`
    : null;
}

function FileRow({ file }: { file: HubFile }): React.JSX.Element {
  const { t, fmt } = useApp();
  return (
    <tr>
      <td>
        <Ltr>{file.name}</Ltr>{' '}
        {file.unsafe ? (
          <Chip tone="bad">{t('downloads.unsafe')}</Chip>
        ) : file.chosen ? null : (
          <Chip tone="quiet">{t('downloads.skipped')}</Chip>
        )}
      </td>
      <td className="pai-num">{file.bytes === null ? '–' : fmt.bytes(file.bytes)}</td>
    </tr>
  );
}
