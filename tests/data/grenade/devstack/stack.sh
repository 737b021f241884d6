#!/usr/bin/env bash
echo "stacking"
