#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-stencil: the same result from any number of ranks and every halo mode, pictures, reports, and what it refuses.
. "${top_srcdir:?}/tests/support/tap.sh"
builddir=$top_builddir
stencil=$programs/tern-stencil
cd "$scratch" || exit
export OMP_NUM_THREADS=1

# alone ARG...: without a launcher, which takes four times as long to start.
alone() {
  timeout -k 5 60 "$stencil" "$@"
}

# on RANKS ARG...
on() {
  ranks=$1
  shift
  if [ "$ranks" = 1 ]; then
    alone "$@"
  else
    launch "$ranks" "$stencil" "$@"
  fi
}

# complains RANKS SENTENCE ARG...: status 2, nothing on stdout and one line on stderr, which contains this.
complains() {
  ranks=$1 sentence=$2
  shift 2
  on "$ranks" "$@" >out 2>all
  rc=$?
  grep '^tern' all >err
  cat out all
  [ "$rc" = 2 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && grep -qF -e "$sentence" err
}

# checksum FILE: of a run's output.
checksum() {
  sed -n 's/^checksum *//p' "$1"
}

# same RANKS ARG...: as one rank, which left its output in `one`.
same() {
  ranks=$1
  shift
  on "$ranks" --steps=20 "$@" >out && cat out && [ -n "$(checksum one)" ] &&
    [ "$(checksum out)" = "$(checksum one)" ]
}

# Half the steps on one rank, the rest on others, in another way.
restarts() {
  for equation in heat wave; do
    rm -f half.?
    alone --steps=90 --grid=61x43 -e $equation -i noise >one &&
      alone --steps=40 --grid=61x43 -e $equation -i noise -c half &&
      on "$1" --steps=90 --grid=61x43 -e $equation -i noise -c half -r --block=3 --halo=shared >out &&
      cat out && [ "$(checksum out)" = "$(checksum one)" ] || return
  done
  complains "$1" 'equation was wave, and now is heat' --steps=90 --grid=61x43 -i noise -c half -r
}

# long NAME RANKS: a run that takes a while, in the background, once it has written a checkpoint.
long='--steps=30k --grid=256x256 -i noise'
begin_long() {
  rm -f "$1".? && launch "$2" sh -c "echo \$\$ >>$1.pids; exec $stencil $long -c $1 --checkpoint-every=0.05" &
  job=$!
  for _ in $(seq 200); do
    [ ! -f "$1.0" ] || return 0
    sleep 0.05
  done
  return 1
}

# One rank gets the signal; all write, and end with status 75.
stops() {
  rm -f stop.pids
  begin_long stop "$1" && kill -TERM "$(tail -n 1 stop.pids)"
  wait "$job"
  rc=$?
  [ "$rc" = 75 ] && [ -f stop.0 ] && goes_on stop "$1"
}

# As a run that nothing disturbed.
goes_on() {
  # shellcheck disable=SC2086  # options
  { [ -f whole ] || alone $long >whole; } && on "$2" $long -c "$1" -r >out && cat out &&
    [ "$(checksum out)" = "$(checksum whole)" ]
}

killed() {
  rm -f kill.pids
  begin_long kill "$1" && sleep "0.$(($$ % 30 + 10))" # any moment
  xargs kill -KILL <kill.pids
  wait "$job"
  goes_on kill "$1"
}

# Every mode that the program itself names, round a ring of one rank; two that differ most among ranks.
every_mode() {
  alone --steps=20 --grid=60x40 --boundary=periodic,dirichlet=1 --init=noise >one || return
  modes=$(alone --halo=none 2>&1 | sed -n 's/.*; there are//p')
  [ "$(echo "$modes" | wc -w)" -ge 10 ] || return
  for mode in $modes; do
    same 1 --grid=60x40 --boundary=periodic,dirichlet=1 --init=noise --halo="$mode" || return
  done
  for mode in datatype shared; do
    same "$1" --grid=60x40 --boundary=periodic,dirichlet=1 --init=noise --halo=$mode || return
  done
}

# Fewer points than ranks, single rows and columns, many threads.
every_grid() {
  for grid in 2x2 1x50 33x17; do
    alone --steps=20 --grid=$grid --boundary=dirichlet,periodic --init=noise >one || return
    same "$1" --grid=$grid --boundary=dirichlet,periodic --init=noise --threads=3 || return
  done
}

# In space, floats, blocks of steps, all kinds of boundaries, every set of kernels.
every_option() {
  alone --steps=20 -e wave -i spot -b mirror --grid=50x60 >one &&
    same "$1" -e wave -i spot -b mirror --grid=50x60 --block=4 || return
  alone --steps=20 -e advection -i letters -b periodic --grid=50x60 >one &&
    same "$1" -e advection -i letters -b periodic --grid=50x60 --block=6 || return
  options="--grid=40x24x20 --stencil=3d13 --type=f32 --init=noise"
  options="$options --boundary=neumann=0.1:mirror,periodic,robin=1/2/0.5:dirichlet=1"
  # shellcheck disable=SC2086  # a list of words
  alone --steps=20 $options --block=1 --isa=baseline >one || return
  for block in auto '2 --overlap=no' '7x5 --overlap=yes'; do
    # shellcheck disable=SC2086
    same "$1" $options --block=$block || return
  done
}

verifies() {
  on "$1" -e wave --grid=50x40 --steps=100 --verify=yes >out && ! grep -q WRONG out &&
    on "$1" --grid=100x70 --steps=300 --verify=yes >out && cat out &&
    grep -q '^error .* against the exact solution' out && ! grep -q WRONG out
}

# Every solver of Poisson's equation: the same bits, iterations and norms, and the solution that is known.
poisson() {
  for solver in jacobi gauss-seidel sor chebyshev; do
    options="-e poisson --grid=33x25 --solver=$solver --tolerance=1e-9 --check=10 -b dirichlet=1,neumann --wave=2x3"
    # shellcheck disable=SC2086  # a list of words
    alone $options --series=one.csv >one && grep -q 'as asked for' one && grep -q '^error .* explains' one &&
      on "$1" $options --series=many.csv --threads=2 --halo=sendrecv >out && cat out &&
      [ "$(checksum out)" = "$(checksum one)" ] && [ "$(grep ^residual out)" = "$(grep ^residual one)" ] &&
      cmp one.csv many.csv || return
  done
}

# Stopped half way between two checks, a run ends at the same iteration, with the same series.
poisson_restarts() {
  for solver in sor chebyshev; do
    rm -f iterate.?
    options="-e poisson --grid=40x30 --solver=$solver --tolerance=1e-8 --check=20"
    # shellcheck disable=SC2086
    alone $options --series=one.csv >one &&
      alone $options --series=two.csv -c iterate --steps=50 >out
    # shellcheck disable=SC2086
    on "$1" $options --series=two.csv -c iterate -r >out && cat out &&
      [ "$(checksum out)" = "$(checksum one)" ] && [ "$(grep ^residual out)" = "$(grep ^residual one)" ] &&
      cmp one.csv two.csv || return
  done
  complains 1 'solver was chebyshev' -e poisson --grid=40x30 --solver=sor -c iterate -r
}

# Life on a torus and between dead ends, in blocks, and after a restart on other ranks.
life() {
  for ends in periodic dirichlet; do
    rm -f life.?
    options="-e life --grid=70x50 -i noise -b $ends"
    # shellcheck disable=SC2086
    alone $options --steps=60 --block=1 >one && alone $options --steps=25 -c life >out &&
      on "$1" $options --steps=60 --block=8 --threads=2 -c life -r >out && cat out &&
      [ "$(checksum out)" = "$(checksum one)" ] || return
  done
}

# Formulas for all that may be one.
formulas() {
  options="--grid=40x30 --steps=50 -i sin(3*pi*x)*exp(-y) --coefficient=1+x*y -b dirichlet=min(x,t/100),neumann"
  # shellcheck disable=SC2086
  alone $options >one && on "$1" $options --block=4 >out && cat out &&
    [ "$(checksum out)" = "$(checksum one)" ] || return
  options="--grid=12x10x14 -e poisson --source=x*y-z^2 --solver=chebyshev --steps=40"
  # shellcheck disable=SC2086
  alone $options >one && on "$1" $options --block=3 >out && cat out &&
    [ "$(checksum out)" = "$(checksum one)" ]
}

# What was written is read again, by another number of ranks.
reads_back() {
  for ending in $endings; do
    for type in f64 f32; do
      alone --grid=33x21x9 --type=$type --steps=7 -i spot -o "field.$ending" >one &&
        on "$1" --grid=33x21x9 --type=$type --steps=0 -i "field.$ending" >out && cat out &&
        [ "$(checksum out)" = "$(checksum one)" ] || return
    done
  done
  complains 1 "field.raw: 24948 bytes are no 15 numbers" --grid=5x3 -i field.raw
}

# Frames and the series that joins them; a run that is stopped half way writes the same ones.
frames() {
  for ending in $endings vti; do
    rm -rf series again
    mkdir series again
    on "$1" --grid=30x20 --steps=50 -i spot --every=20 -o "series/run.$ending" >out && cat out &&
      grep -qF "3, series/run-000000.$ending to series/run-000002.$ending" out &&
      alone --quiet --grid=30x20 --steps=35 -i spot --every=20 -o "again/run.$ending" -c again/state &&
      alone --quiet --grid=30x20 --steps=50 -i spot --every=20 -o "again/run.$ending" -c again/state -r &&
      rm again/state.? && diff -r series again && [ "$(find series -name 'run-*' ! -name '*.xdmf' | wc -l)" = 3 ] || return
    case $ending in
    vti) [ "$(grep -c 'timestep="[024]*0" file="run-00000[012].vti"' series/run.pvd)" = 3 ] || return ;;
    h5) [ "$(grep -c -e '<Time Value="[024]*0"' -e 'run-00000[012].h5:/u' series/run.xdmf)" = 6 ] || return ;;
    esac
  done
}

# The frames of a picture have one range of colours; the line that joins them is told.
picture_frames() {
  rm -f film*
  on "$1" --grid=64x48 --steps=40 -i letters --every=10 -o film.png >out && cat out &&
    grep -qF 'ffmpeg -framerate 25 -i film-%06d.png -pix_fmt yuv420p film.mp4' out &&
    [ "$(find . -name 'film-00000[01234].png' | wc -l)" = 5 ] && cmp film.png film-000004.png &&
    alone --quiet --grid=64x48 --steps=40 -i letters --range=0:1 -o one-range.png && cmp one-range.png film.png || return
  rm -f film* one-range.png
}

# A picture of letters is a state that looks the same, as far as colours show it.
reads_picture() {
  alone --quiet --grid=128x128 --steps=0 -i letters -o letters.png &&
    alone --grid=128x128 --steps=0 -e life -i letters >one &&
    on "$1" --grid=128x128 --steps=0 -e life -i letters.png >out && cat out &&
    [ "$(checksum out)" = "$(checksum one)" ] && rm letters.png
}

# A line for every check and one for the end, of which one knows some numbers: 31 x 17 points, half of a mode.
series() {
  on "$1" --quiet --grid=31x17 --steps=25 --check=10 --series=heat.csv --wave=1x1 && cat heat.csv &&
    [ "$(cut -d, -f1 heat.csv | tr '\n' ' ')" = "step 0 10 20 25 " ] &&
    [ "$(awk -F, '$1 == 0 { printf "%.4f %.4f", $3 * $3 * 31 * 17, $5 }' heat.csv)" = "144.0000 1.0000" ]
}

# Status 1 where the tolerance is not reached.
falls_short() {
  on "$1" -e poisson --grid=99x99 --steps=10 --tolerance=1e-6 >out
  [ $? = 1 ] && cat out && grep -q 'NOT as small' out
}

# The initial state, and no rate that is no number.
no_steps() {
  alone --steps=0 --grid=8x8 >out && cat out && grep -q '^error .* against' out && ! grep -q nan out
}

same_picture() {
  on "$1" --quiet --grid=300x200 --steps=20 --init=spot -o many.png && cmp one.png many.png &&
    [ "$(echo ./*.png)" = "./many.png ./one.png" ]
}

# 300 x 200 points of 3 pixels; the signature and the header as the PNG specification has them.
is_png() {
  [ "$(od -An -tx1 -N24 one.png | tr -d ' \n')" = 89504e470d0a1a0a0000000d49484452000003840000"0258" ]
}

reports() {
  on "$1" --quiet --grid=64x48 --steps=50 --boundary=dirichlet,periodic --json=report.json >out &&
    [ ! -s out ] && jq -e --argjson p "$1" '
    .program == "tern-stencil" and .ranks == $p and .threads == 1 and .seconds > 0 and .status == 0
    and .grid == [64, 48] and (.dims[0] * .dims[1]) == $p and .steps == 50 and .halo == "isend"
    and .glups > 0 and .roofline_share > 0 and .halo_seconds >= 0 and (.checksum | test("^[0-9a-f]{16}$"))
    and .error <= .error_bound and ([.phases[].name] == ["begin", "solve", "verify", "roofline"])
    and (.phases[1].bytes == 64 * 48 * 50 * 16)' report.json
}

refuses() {
  complains "$1" "no halo mode is called 'pigeon'; there are send ssend" --halo=pigeon &&
    complains "$1" "at least 1 point in x" --grid=0x5 &&
    complains "$1" "GB on this node" --grid=1Mx1M &&
    complains "$1" "$1 ranks cannot be laid out as 11 x" --dims=11x0
}

# What each rank finds alone.
refuses_values() {
  for grid in 5 5x x5 '' 3x4x5x6 3x4x -2x5 2.5x4 1e30x1 axb; do
    complains 1 "--grid=$grid: two or three whole numbers" --grid="$grid" || return
  done
  complains 1 "at least 1 point in y" --grid=5x0 &&
    complains 1 "at most 2^62 points" --grid=4Tx4T &&
    complains 1 "the stencil 2d5 needs 2 sizes" --grid=3x4x5 --stencil=2d5 &&
    complains 1 "advection has a stencil of its own" -e advection --stencil=2d5 &&
    complains 1 "the Courant number 0.8 is outside (0, 0.707" -e wave --courant=0.8 &&
    complains 1 "--block=0: auto" --block=0 &&
    complains 1 "--boundary=robin=1: dirichlet" --boundary=robin=1 &&
    complains 1 "no stencil is called '3d8'; there are 2d5" --grid=3x4x5 --stencil=3d8 &&
    complains 1 "(0, 0.25], where the scheme is stable" --diffusion=0.3 &&
    complains 1 "--boundary=open: dirichlet" --boundary=open &&
    complains 1 "--boundary=periodic,dirichlet=q: " --boundary=periodic,dirichlet=q &&
    complains 1 "no initial state is called 'soup'; there are mode" --init=soup &&
    complains 1 "no exact solution is known" --init=noise --verify=yes --steps=1 --grid=8x8 &&
    complains 1 "no solver is called 'gauss'; there are jacobi" -e poisson --solver=gauss &&
    complains 1 "are of --equation=poisson" --solver=sor &&
    complains 1 "two colours" -e poisson --solver=sor --stencil=2d9 &&
    complains 1 "takes no blocks" -e poisson --solver=sor --block=4 &&
    complains 1 "the relaxation 1.5 of jacobi is outside" -e poisson --relaxation=1.5 &&
    complains 1 "--source: the formula 'blob(x)', at character 1: this name is not known" \
      -e poisson --source='blob(x)' &&
    complains 1 "--init: the formula '2*', at character 3: it ends too early" --init='2*' &&
    complains 1 "--boundary: the formula 'sin(', at" --boundary='sin(' --boundary='dirichlet=sin(' &&
    complains 1 "--coefficient is of --equation=heat" -e wave --coefficient=x &&
    complains 1 "they must not be below 0" --coefficient=x-2 --grid=9x9 &&
    complains 1 "2d5 or 3d7" --coefficient=x --stencil=2dr2 &&
    complains 1 "life has two sizes" -e life --grid=4x4x4 &&
    complains 1 "the ends of life" -e life -b neumann &&
    complains 1 "--every needs --output" --every=10 &&
    complains 1 "--range=1:1: LOW:HIGH" --range=1:1 &&
    complains 1 "none.raw: No such file" --init=none.raw &&
    complains 1 "none.png: " --init=none.png &&
    complains 1 "/nowhere/at.csv: " --series=/nowhere/at.csv &&
    complains 1 "try --help" extra
}

refuses_files() {
  complains "$1" "/nowhere/at/all.png: " --steps=100T --output=/nowhere/at/all.png &&
    complains "$1" "$scratch: " --steps=100T --output="$scratch"
}

without_libpng() {
  complains "$1" "libpng" --output=none.png && [ ! -e none.png ]
}

# No picture, and no trace of one, where the disk is full; a device is left as it is.
disk_full() {
  complains "$1" "/dev/full: " --steps=1 --grid=500x500 --output=/dev/full && [ -c /dev/full ]
}

# Threads that OpenMP binds are as many as others: the first one has a core of its own before anybody asks.
bound_threads() {
  for bind in false true; do
    env -u OMP_NUM_THREADS OMP_PROC_BIND=$bind timeout -k 5 60 "$stencil" --grid=64x64 --steps=1 |
      grep '^ranks ' >bind.$bind || return
  done
  diff bind.false bind.true
}

endings=raw
! grep -q "define HAVE_HDF5 1" "$builddir/lib/config.h" || endings="raw h5"
pictures=no
grep -q "define HAVE_PNG 1" "$builddir/lib/config.h" && pictures=yes
ok "no steps" no_steps
ok "refuses values" refuses_values
ok "threads that are bound" bound_threads
for p in $few_np; do
  ok "np=$p every grid" every_grid "$p"
  ok "np=$p every option" every_option "$p"
  ok "np=$p exact solution" verifies "$p"
done
for p in $one_np; do
  ok "np=$p poisson" poisson "$p"
  ok "np=$p poisson goes on where it was" poisson_restarts "$p"
  ok "np=$p series" series "$p"
  ok "np=$p life" life "$p"
  ok "np=$p formulas" formulas "$p"
  ok "np=$p reads back what it wrote" reads_back "$p"
  ok "np=$p frames" frames "$p"
  ok "np=$p falls short" falls_short "$p"
  ok "np=$p every halo mode" every_mode "$p" # tests/grid tries them at every number of ranks
  ok "np=$p refuses options" refuses "$p"
  ok "np=$p goes on where it was" restarts "$p"
  ok "np=$p stops on SIGTERM" stops "$p"
  ok "np=$p killed, goes on" killed "$p"
done
if command -v jq >/dev/null && alone --quiet --steps=1 --grid=2x2 --json=try.json; then
  for p in $few_np; do
    ok "np=$p report" reports "$p"
  done
else
  skip "reports" "no jq, or built without Jansson"
fi
if [ $pictures = yes ]; then
  alone --quiet --grid=300x200 --steps=20 --init=spot -o one.png
  ok "a PNG" is_png
  for p in $few_np; do
    ok "np=$p the same picture" same_picture "$p"
  done
  for p in $one_np; do
    ok "np=$p refuses files" refuses_files "$p"
    ok "np=$p frames of a picture" picture_frames "$p"
    ok "np=$p a picture is a state" reads_picture "$p"
    if [ -c /dev/full ]; then
      ok "np=$p disk full" disk_full "$p"
    fi
  done
else
  ok "built without libpng" without_libpng 1
fi
tap_end
