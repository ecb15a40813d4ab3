/**
 * The say of the user in how a file is read: its shape, its encoding, which of its fields is which,
 * and which files of an archive or sheets of a workbook.
 */
import * as React from 'react';

import { AUTOMATIC, type Reading } from './importing';
import { FIELDS, SHAPES } from './shapes';
import { Button } from '../../components/basics';
import { Field } from '../../components/Field';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import type { Key } from '../../i18n';
import type { Peek } from '../../protocol';

/** What one meets in Persian files. */
const ENCODINGS = ['utf-8', 'utf-16', 'cp1256', 'iso-8859-6', 'mac-farsi'];

/** What is known of the file; null before it could be read. */
export type Known = Pick<Peek, 'shape' | 'fields' | 'mapping' | 'members'> | null;

/** See the module's comment. */
export function HowToRead(props: {
  known: Known;
  reading: Reading;
  open: boolean;
  busy: boolean;
  onRead: (reading: Reading) => void;
}): React.JSX.Element {
  const { t } = useApp();
  const { known, reading } = props;
  const [how, setHow] = React.useState(reading);
  const shape = how.shape === '' ? (known?.shape ?? '') : how.shape;
  // Without a shape there is nothing to map yet.
  const wanted = shape === '' ? [] : [...FIELDS[shape].must, ...FIELDS[shape].may];
  // What was recognised by itself is what stays if nothing else is chosen.
  const found = (field: string): string | undefined =>
    known && known.shape === shape ? known.mapping[field] : undefined;
  const members = known?.members ?? [];
  const changed = JSON.stringify(how) !== JSON.stringify(reading);
  return (
    <details className="pai-otherwise" open={props.open}>
      <summary>{t('bring.how')}</summary>
      <p className="pai-quiet">{t('bring.how_help')}</p>
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
          <Mapping
            key={field}
            field={field}
            fields={known?.fields ?? []}
            value={how.fields[field] ?? ''}
            found={found(field)}
            onChange={name =>
              setHow({ ...how, shape, fields: { ...how.fields, [field]: name } })
            }
          />
        ))}
      </div>
      {members.length > 1 ? (
        <Members
          members={members}
          chosen={how.members}
          onChange={chosen => setHow({ ...how, members: chosen })}
        />
      ) : null}
      <div className="pai-flow">
        <Button
          kind={known?.shape === null ? 'primary' : 'plain'}
          icon="retry"
          busy={props.busy}
          disabled={!changed}
          onClick={() => props.onRead(how)}
        >
          {t('bring.how_again')}
        </Button>
        {JSON.stringify(reading) === JSON.stringify(AUTOMATIC) ? null : (
          <Button kind="quiet" onClick={() => props.onRead(AUTOMATIC)}>
            {t('datasets.shape_auto')}
          </Button>
        )}
      </div>
    </details>
  );
}

/** Which of the file's fields is one of ours; any name where the fields are not known yet. */
function Mapping(props: {
  field: string;
  fields: readonly string[];
  value: string;
  found: string | undefined;
  onChange: (name: string) => void;
}): React.JSX.Element {
  const { t } = useApp();
  const { field, fields, value, found } = props;
  const automatic = found ?? t('datasets.map_auto');
  return (
    <Field label={t(`datasets.map_${field}` as Key)}>
      {ids =>
        fields.length > 0 ? (
          <select
            {...ids}
            className="pai-input"
            value={value}
            onChange={event => props.onChange(event.currentTarget.value)}
          >
            <option value="">{automatic}</option>
            {fields.map(name => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        ) : (
          <input
            {...ids}
            className="pai-input pai-ltr"
            dir="auto"
            value={value}
            placeholder={automatic}
            onChange={event => props.onChange(event.currentTarget.value)}
          />
        )
      }
    </Field>
  );
}

function Members(props: {
  members: Peek['members'];
  chosen: readonly string[];
  onChange: (names: string[]) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { members, chosen } = props;
  return (
    <fieldset className="pai-members">
      <legend>{t('bring.members')}</legend>
      <small className="pai-quiet">{t('bring.members_help')}</small>
      <div className="pai-members-list">
        {members.map(({ name, bytes, readable }) => (
          <label key={name} className="pai-check">
            <input
              type="checkbox"
              disabled={!readable}
              checked={chosen.includes(name)}
              onChange={event =>
                props.onChange(
                  event.currentTarget.checked
                    ? [...chosen, name]
                    : chosen.filter(one => one !== name)
                )
              }
            />
            <SafeText text={name} dir="ltr" className="pai-ltr" />
            <small className="pai-quiet pai-num">
              {readable
                ? bytes > 0
                  ? fmt.bytes(bytes)
                  : ''
                : t('bring.member_unreadable')}
            </small>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
