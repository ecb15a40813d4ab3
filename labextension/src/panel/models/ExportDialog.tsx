/**
 * Writes a model as files for elsewhere: safetensors, or one GGUF file for llama.cpp.
 */
import * as React from 'react';

import { DtypeField, type Dtype } from './DtypeField';
import { useVersionNumbers } from './useVersionNumbers';
import { VersionField } from './VersionField';
import { AskDialog } from '../../components/AskDialog';
import { ChoiceField } from '../../components/ChoiceField';
import { DecimalField } from '../../components/DecimalField';
import { parseNumber } from '../../format';
import { useAction, useApp } from '../../hooks';
import type { ExportAsk, Model } from '../../protocol';

type GgufType = NonNullable<ExportAsk['gguf_type']>;
const GGUF_TYPES: readonly GgufType[] = ['f16', 'bf16', 'f32', 'q8_0'];
const FORMATS = ['safetensors', 'gguf'] as const;
const GIGABYTE = 1e9;
/** As the service has it: a megabyte. */
const SMALLEST = 1e6;

/** See the module's comment. */
export function ExportDialog(props: {
  model: Model;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t, go } = useApp();
  const { model } = props;
  const [format, setFormat] = React.useState<(typeof FORMATS)[number]>('safetensors');
  const [version, setVersion] = React.useState<number | null>(null);
  const [dtype, setDtype] = React.useState<Dtype | null>(null);
  const [ggufType, setGgufType] = React.useState<GgufType>('f16');
  const [shard, setShard] = React.useState('5');
  const numbers = useVersionNumbers(model);
  const shardBytes = Math.round(parseNumber(shard) * GIGABYTE);
  const wrongShard = format === 'safetensors' && !(shardBytes >= SMALLEST);
  const send = useAction(async () => {
    const job = await core.api.models.optimize({
      recipe: 'export',
      model_id: model.id,
      version,
      format,
      ...(format === 'gguf' ? { gguf_type: ggufType } : { dtype, shard_bytes: shardBytes })
    });
    go({ page: 'models', view: 'jobs', query: { job: job.id } });
  });
  return (
    <AskDialog
      title={t('making.export_title', { name: model.name })}
      action={t('making.export_go')}
      wide
      deed={send}
      ready={!wrongShard}
      onDo={() => void send.run()}
      onClose={props.onClose}
    >
      <fieldset className="pai-bare-set pai-choices" aria-label={t('making.format')}>
        {FORMATS.map(one => (
          <label key={one} className="pai-choice">
            <input
              type="radio"
              name="format"
              checked={format === one}
              onChange={() => setFormat(one)}
            />
            <span className="pai-strong">{t(`making.format_${one}`)}</span>
            <small>{t(`making.format_${one}_help`)}</small>
          </label>
        ))}
      </fieldset>
      <div className="pai-two">
        <VersionField
          model={model}
          numbers={numbers}
          value={version}
          onChange={setVersion}
        />
        {format === 'gguf' ? (
          <ChoiceField<GgufType>
            label={t('making.gguf_type')}
            value={ggufType}
            options={GGUF_TYPES.map(one => [one, t(`making.gguf_${one}`)] as const)}
            onChange={setGgufType}
          />
        ) : (
          <>
            <DtypeField value={dtype} onChange={setDtype} />
            <DecimalField
              label={t('making.shard')}
              error={wrongShard ? t('making.shard_wrong') : null}
              value={shard}
              onChange={setShard}
            />
          </>
        )}
      </div>
    </AskDialog>
  );
}
