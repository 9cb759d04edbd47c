run() { # name binary port pipeline
  mkdir -p $1; printf 'server A client 127.0.0.1:%s peer 127.0.0.1:%s\nlog-traffic no\nlog-dir %s\nrun-dir %s\n' $3 $(( $3 + 1 )) /tmp/fair/b/$1 /tmp/fair/b/$1 > $1/c
  $2 -c $1/c A > $1/out 2>&1 & pid=$!
  until grep -qs ready $1/out; do sleep 0.05; done
  echo "$1 p=$4: $(/tmp/wt/fair/tools/herdbench -s 127.0.0.1:$3 --pid $pid -p $4 -d 3 -w 1 2>&1 | grep -iE 'lines/s|cpu' | tr '\n' ' ')"
  kill $pid; wait $pid
}
for i in 1 2 3 4; do for p in 1 64; do
run before /tmp/fair/main2/build/herd 24611 $p
run after /tmp/wt/fair/build/herd 24621 $p
done; done
