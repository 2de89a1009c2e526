test_scripts += %D%/bench.sh
