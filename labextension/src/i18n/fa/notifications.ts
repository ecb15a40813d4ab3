/** The notifications page. */
const fa = {
  title: 'اعلان‌ها',
  sentence: 'پایان، شکست و ادامهٔ خودکار کارها، حتی وقتی این صفحه بسته بوده است.',
  empty: 'اعلانی ندارید',
  empty_help: 'وقتی کاری پایان یابد یا بشکند، اینجا خبرش می‌آید.',
  empty_unread: 'همه را خوانده‌اید.',
  filter: 'نمایش',
  filter_all: 'همه',
  filter_unread: 'نخوانده‌ها',
  unread: 'نخوانده',
  unread_count: '{n} نخوانده',
  mark_read: 'خواندم',
  mark_all: 'همه را خواندم',
  delete_all: 'حذف همه',
  delete_all_title: 'همهٔ اعلان‌ها حذف شوند؟',
  delete_all_help: 'کارها و مدل‌ها می‌مانند؛ تنها خبرها پاک می‌شوند.',
  open: 'دیدن',
  older: 'قدیمی‌ترها'
};

export default fa;
