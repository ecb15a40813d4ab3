/**
 * The report of a checked file before it is kept, and how to read it otherwise.
 */
import * as React from 'react';

import { DatasetProblems, DatasetTiles } from './DatasetsReport';
import type { ImportSource, Reading } from './datasets/importing';
import { LabelCounts } from './datasets/LabelCounts';
import { BriefValue, Turns, useFieldName } from './datasets/RowParts';
import { FIELDS, SHAPES, textOf, turnsOf } from './datasets/shapes';
import { Button, Card, Chip, Ltr } from '../components/basics';
import { Facts } from '../components/Facts';
import { Field } from '../components/Field';
import { Icon } from '../components/Icon';
import { NAME_AT_MOST } from '../components/RenameDialog';
import { SafeText } from '../components/SafeText';
import { useApp } from '../hooks';
import { direction, type Key } from '../i18n';
import type { DatasetReport } from '../protocol';
import { directionOf } from '../text/direction';

/** What one meets in Persian files. */
const ENCODINGS = ['utf-8', 'utf-16', 'cp1256', 'iso-8859-6', 'mac-farsi'];

/** Properties of {@link DatasetCheck}. */
export interface DatasetCheckProps {
  /** null when the file could not be read as it was asked. */
  report: DatasetReport | null;
  source: ImportSource;
  /** How it was last tried to read the file. */
  tried: Reading;
  /** That try failed; the report, if there is one, is of an earlier one. */
  failed: boolean;
  name: string;
  onName: (name: string) => void;
  onAgain: (reading: Reading) => void;
  onSave: () => void;
  onDiscard: () => void;
}

/** See the module's comment. */
export function DatasetCheck(props: DatasetCheckProps): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const { report, source, name } = props;
  return (
    <>
      {report ? (
        <>
          <Card className="pai-pad pai-verdict">
            <p>
              <Icon name="check" />{' '}
              {t('datasets.report_ok', { n: fmt.number(report.stats.rows) })}
            </p>
            {report.skipped > 0 ? (
              <p className="pai-warm-text">
                <Icon name="warning" />{' '}
                {t('datasets.report_skipped', { n: fmt.number(report.skipped) })}
              </p>
            ) : null}
            <div className="pai-save">
              <Field label={t('datasets.name')}>
                {ids => (
                  <input
                    {...ids}
                    className="pai-input"
                    value={name}
                    maxLength={NAME_AT_MOST}
                    dir={directionOf(name, direction(lang))}
                    onChange={event => props.onName(event.currentTarget.value)}
                  />
                )}
              </Field>
              <div className="pai-acts">
                <Button onClick={props.onDiscard}>{t('datasets.discard')}</Button>
                <Button kind="primary" disabled={name.trim() === ''} onClick={props.onSave}>
                  {t('datasets.save')}
                </Button>
              </div>
            </div>
          </Card>
          <DatasetTiles stats={report.stats} />
          <LabelCounts report={report} />
          <Preview report={report} />
          <DatasetProblems report={report} />
        </>
      ) : (
        <div className="pai-flow">
          <Button onClick={props.onDiscard}>{t('datasets.discard')}</Button>
        </div>
      )}
      <Card title={report ? t('datasets.report') : undefined}>
        {report ? (
          <Facts
            facts={[
              [
                t('datasets.fact_file'),
                <Ltr key="file">
                  {source.kind === 'file' ? source.file.name : source.path}
                </Ltr>
              ],
              [t('datasets.format'), <Ltr key="format">{report.format}</Ltr>],
              [
                t('datasets.encoding'),
                <span key="encoding">
                  <Ltr>{report.encoding}</Ltr>{' '}
                  {report.encoding_guessed ? (
                    <Chip tone="warm">{t('datasets.encoding_guessed')}</Chip>
                  ) : null}
                </span>
              ],
              [t('datasets.shape'), t(`datasets.shape_${report.shape}`)],
              [
                t('datasets.fields'),
                report.fields.length > 0 ? (
                  <Ltr key="fields">{report.fields.join(', ')}</Ltr>
                ) : null
              ],
              ...Object.entries(report.mapping).map(
                ([ours, theirs]): [string, React.ReactNode] => [
                  t(`datasets.map_${ours}` as Key),
                  <Ltr key={ours}>{theirs}</Ltr>
                ]
              )
            ]}
          />
        ) : null}
        <Otherwise {...props} />
      </Card>
    </>
  );
}

function Preview({ report }: { report: DatasetReport }): React.JSX.Element | null {
  const { t, lang } = useApp();
  const nameOf = useFieldName();
  const rows = report.preview;
  if (rows.length === 0) {
    return null;
  }
  const fields = FIELDS[report.shape].columns;
  return (
    <Card title={t('datasets.preview')}>
      <div
        className="pai-table-scroll"
        tabIndex={0}
        role="region"
        aria-label={t('datasets.preview')}
      >
        <table className="pai-table pai-preview">
          <thead>
            <tr>
              {fields.map(field => (
                <th scope="col" key={field}>
                  {nameOf(field)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, 8).map((row, index) => (
              <tr key={index}>
                {fields.map(field => (
                  <td key={field}>
                    {turnsOf(row[field]) ? (
                      <Turns value={row[field]} />
                    ) : field === 'label' || field === 'tokens' ? (
                      <BriefValue row={row} field={field} />
                    ) : (
                      <SafeText
                        text={textOf(row[field]).slice(0, 400)}
                        fallback={direction(lang)}
                        className="pai-preview-cell"
                      />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Otherwise({
  report,
  tried,
  failed,
  onAgain
}: DatasetCheckProps): React.JSX.Element {
  const { t } = useApp();
  const [how, setHow] = React.useState(tried);
  const shape = how.shape === '' ? (report?.shape ?? '') : how.shape;
  // Without a shape there is nothing to map yet.
  const wanted = shape === '' ? [] : [...FIELDS[shape].must, ...FIELDS[shape].may];
  // What was recognised by itself is what stays if nothing else is written.
  const found = (field: string): string | undefined =>
    report && report.shape === shape ? report.mapping[field] : undefined;
  const base = React.useId();
  return (
    <details className="pai-otherwise" open={report === null || failed}>
      <summary>{t('datasets.options')}</summary>
      <p className="pai-quiet">{t('datasets.options_help')}</p>
      <div className="pai-otherwise-fields">
        <Field label={t('datasets.shape')}>
          {ids => (
            <select
              {...ids}
              className="pai-input"
              value={how.shape}
              onChange={event => {
                const chosen = SHAPES.find(one => one === event.currentTarget.value) ?? '';
                setHow({ ...how, shape: chosen, fields: {} });
              }}
            >
              <option value="">{t('datasets.shape_auto')}</option>
              {SHAPES.map(one => (
                <option key={one} value={one}>
                  {t(`datasets.shape_${one}`)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t('datasets.encoding')}>
          {ids => (
            <select
              {...ids}
              className="pai-input"
              value={how.encoding}
              onChange={event => setHow({ ...how, encoding: event.currentTarget.value })}
            >
              <option value="">{t('datasets.encoding_auto')}</option>
              {ENCODINGS.map(one => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        {wanted.map(field => (
          <Field key={field} label={t(`datasets.map_${field}` as Key)}>
            {ids => (
              <>
                <input
                  {...ids}
                  className="pai-input pai-ltr"
                  dir="auto"
                  list={`${base}-fields`}
                  value={how.fields[field] ?? ''}
                  placeholder={found(field) ?? t('datasets.map_auto')}
                  onChange={event =>
                    setHow({
                      ...how,
                      shape,
                      fields: { ...how.fields, [field]: event.currentTarget.value }
                    })
                  }
                />
              </>
            )}
          </Field>
        ))}
      </div>
      <datalist id={`${base}-fields`}>
        {(report?.fields ?? []).map(field => (
          <option key={field} value={field} />
        ))}
      </datalist>
      <div className="pai-flow">
        <Button icon="retry" onClick={() => onAgain(how)}>
          {t('datasets.check_again')}
        </Button>
      </div>
    </details>
  );
}
