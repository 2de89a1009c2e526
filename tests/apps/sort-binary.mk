test_scripts += %D%/sort-binary.sh
