// What went wrong, in words.
import {named, t} from '/studio/i18n.js';

// Messages begin with the place in the program, "[request] ...", which is for programmers.
const forPeople = message => {
  const text = (message ?? '').replace(/^\[[^\]]*\]\s*/, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

// Codes that leave nothing more to say.
const kSaysAll = ['unreachable', 'queue_full', 'rate_limited'];

/// {title, detail} of an ApiError or anything else that was thrown. The detail is the server's own.
export function explain(error) {
  if (error.status === undefined) return {title: t('error.page'), detail: String(error.message ?? error)};
  const title = named('error.', error.code);
  const field = error.field ? named('field.', error.field) : '';
  return {
    title: field ? t('error.at_field', {error: title === error.code ? t('error.internal') : title, field}) : title === error.code ? t('error.internal') : title,
    detail: kSaysAll.includes(error.code) ? '' : forPeople(error.message),
  };
}

/// The same of a failed job's {kind, message}.
export function explainJob(error) {
  if (!error) return {title: t('job_error.internal_error'), detail: ''};
  const key = error.kind.replaceAll(' ', '_');
  const title = named('job_error.', key);
  return {title: title === key ? t('job_error.internal_error') : title, detail: forPeople(error.message)};
}
