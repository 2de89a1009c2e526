test_scripts += %D%/info.sh %D%/manpages.sh
