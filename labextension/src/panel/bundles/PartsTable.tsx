/**
 * The parts of a bundle that was made, each to be taken along, with the hash that ordinary tools
 * show for it.
 */
import * as React from 'react';

import { Button, Ltr } from '../../components/basics';
import { useApp } from '../../hooks';
import type { BundledFile } from '../../protocol';
import type { Made } from '../../state/bundles';
import { copyText } from '../../text/clipboard';

/** So many characters of a hash tell two parts apart; all of them are copied. */
const SHOWN = 12;

/** See the module's comment. */
export function PartsTable({
  job,
  made
}: {
  job: string;
  made: Made;
}): React.JSX.Element | null {
  const { t, fmt } = useApp();
  const { parts } = made;
  if (parts.length === 0) {
    return null;
  }
  return (
    <details className="pai-parts" open={parts.length <= 6}>
      <summary>
        {t('bundles.parts_sum', {
          n: fmt.number(parts.length),
          bytes: fmt.bytes(made.bytes)
        })}
      </summary>
      <table className="pai-table">
        <thead>
          <tr>
            <th scope="col">{t('bundles.part_name')}</th>
            <th scope="col">{t('bundles.part_bytes')}</th>
            <th scope="col">{t('bundles.sha256')}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(part => (
            <Part key={part.name} job={job} part={part} />
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Part({ job, part }: { job: string; part: BundledFile }): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const [copied, setCopied] = React.useState(false);
  const href = core.transport.url(core.api.bundles.partPath(job, part.name));
  return (
    <tr>
      <td>
        {href === null ? (
          <Ltr>{part.name}</Ltr>
        ) : (
          <a
            href={href}
            download={part.name}
            aria-label={t('bundles.get_part', { name: part.name })}
          >
            <Ltr>{part.name}</Ltr>
          </a>
        )}
      </td>
      <td className="pai-num">{fmt.bytes(part.bytes)}</td>
      <td>
        <span className="pai-copyable">
          <Ltr title={part.sha256}>{part.sha256.slice(0, SHOWN)}…</Ltr>
          <Button
            kind="quiet"
            icon={copied ? 'check' : 'copy'}
            aria-label={t('bundles.copy_sha256', { name: part.name })}
            onClick={() => void copyText(part.sha256).then(setCopied)}
          />
        </span>
      </td>
    </tr>
  );
}
