test_scripts += %D%/sort.sh
