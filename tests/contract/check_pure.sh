#!/usr/bin/env bash
# The pure libraries ask the system for nothing: no clock, randomness, environment, file, thread or locale among the
# symbols that they leave undefined. Usage: check_pure.sh BUILD-DIR
set -euo pipefail
build=$1
pure=(base calendar rules directory cases lane record)
impure='clock_gettime|gettimeofday|clock_getres|^time$|^clock$|localtime|gmtime|mktime|strftime|strptime|tzset|nanosleep'
impure+='|^rand(om)?(_r)?$|^srand|drand48|getrandom|getentropy|RAND_|arc4random|random_device'
impure+='|getenv|setenv|putenv|^environ$'
impure+='|^f?open(64|at)?(_2)?$|^creat|^(p|f)?(read|write)v?(64)?$|^f(read|write|printf|puts|gets|flush|close)$|^stat(x|64)?$|^mmap|^socket$|^connect$|^unlink|^rename|^(__)?v?printf(_chk)?$|^puts$'
impure+='|pthread_(create|setname|mutex|cond|rwlock|key)|_ZNSt6thread|_ZNSt18condition_variable|^sem_|^futex'
impure+='|setlocale|newlocale|uselocale|localeconv|nl_langinfo|_ZNSt6locale|_ZNKSt6locale'
impure+='|basic_(i|o|f|io)?(file)?(stream|streambuf|filebuf)|_ZSt4c(out|err|in)$|_ZSt4clog|chrono.*3now|filesystem'
# Static tables of function templates guard themselves against threads; reference counts of shared_ptr ask whether there are any.
allowed='^(__cxa_guard_(acquire|release|abort)|__libc_single_threaded|__gthrw_.*|pthread_once|_ZNSt.*once.*)$'
# Sanitized builds intercept; they are checked by name like the others.
found=0 checked=0
for name in "${pure[@]}"; do
  library=$build/lib$name.a
  if [ ! -f "$library" ]; then
    echo "pure: there is no $library to check"
    found=1
    continue
  fi
  checked=$((checked + 1))
  offenders=$(nm -u "$library" 2>/dev/null | awk 'NF==0 {next} /\.o:$/ {file=$1; next} {print file, $NF}' |
    awk -v impure="$impure" -v allowed="$allowed" '$2 ~ impure && $2 !~ allowed' | sort -u)
  if [ -n "$offenders" ]; then
    found=1
    echo "lib$name is pure, and asks the system for:"
    c++filt <<<"$offenders" | sed 's/^/  /'
  fi
done
echo "pure: $checked of ${#pure[@]} libraries checked"
[ "$found" = 0 ]
