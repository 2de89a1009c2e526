test_scripts += %D%/sort-external.sh
