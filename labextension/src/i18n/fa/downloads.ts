/** The downloads page. */
const fa = {
  title: 'دانلودها',
  sentence: 'مدل‌ها و داده‌ها را از هاب می‌گیرید؛ بستن این صفحه دانلود را نمی‌بُرد.',
  empty: 'دانلودی ندارید',
  empty_help: 'شناسهٔ یک مخزن را بالا بنویسید؛ پیشرفت، سرعت و زمان مانده اینجا می‌آید.',
  form: 'دانلود تازه',
  repo: 'شناسهٔ مخزن',
  repo_help: 'مانند owner/name',
  repo_bad: 'شناسه به شکل owner/name است.',
  type: 'نوع',
  type_model: 'مدل',
  type_dataset: 'داده',
  revision: 'نسخه',
  revision_help: 'شاخه، برچسب یا شناسهٔ کامیت',
  start: 'دانلود',
  starting: 'در حال آغاز…',
  cancel: 'لغو',
  remove: 'برداشتن از فهرست',
  retry: 'تلاش دوباره',
  cancel_yes: 'لغو دانلود',
  cancel_title: 'این دانلود لغو شود؟',
  cancel_help: 'آنچه از «{name}» گرفته شده کنار گذاشته می‌شود.',
  progress: '{done} از {total}',
  speed: '{bytes} در ثانیه',
  left: '{time} مانده',
  file: 'فایل: {file}',
  open_model: 'دیدن مدل',
  folder: 'پوشه',
  older: 'قدیمی‌ترها',
  trust: 'تنها safetensors پذیرفته می‌شود و هیچ کدی از مخزن اجرا نمی‌شود.'
};

export default fa;
